"""Answers about usage, computed from cells: what `analytics`, exports of summaries and forecasts share."""
