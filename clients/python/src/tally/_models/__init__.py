"""What the API answers, typed and frozen. Money is Decimal, times are aware and in UTC."""
