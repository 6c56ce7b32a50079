"""Items as releases wrote them, raw, to hold every later release against."""
