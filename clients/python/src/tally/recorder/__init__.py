"""Recording in the background."""

from __future__ import annotations

from tally.recorder._default import configure, flush, record
from tally.recorder._recorder import Recorder
from tally.recorder._terms import Counters, Policy, Refusal

__all__ = ["Counters", "Policy", "Recorder", "Refusal", "configure", "flush", "record"]
