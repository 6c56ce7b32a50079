"""Every route of the contract, once: what a client sends for it and what it reads."""
