"""Tally: record AI usage exactly once, and never in the way."""

from __future__ import annotations

from tally._usage import Money, Sink, Tokens, Usage

__version__ = "0.1.0"

__all__ = ["Money", "Sink", "Tokens", "Usage", "__version__"]
