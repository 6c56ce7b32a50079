"""Stand-ins with the rules of the real thing, proven against it by the contract suites."""
