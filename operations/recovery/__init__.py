"""Bringing a deployment back from a backup: a table beside the one in use, mended, proved, swapped in."""
