"""Proof that journals, heads, logs, cells, cursors and alerts tell the same story, and repair of cells."""
