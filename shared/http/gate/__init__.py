"""What a request passes before its endpoint and after: identity, rate limits, the audit trail."""
