"""What the function needs to know."""

from __future__ import annotations

from shared.compose import HttpSettings as Settings

__all__ = ["Settings"]
