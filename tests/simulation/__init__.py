"""Deterministic simulation: the product's own code in a simulated world, driven by one seed."""
