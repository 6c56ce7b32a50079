"""Where the API is, with which credential, and how patient to be."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tally._errors import (
    ApiError,
    ConfigurationError,
    ConnectionFailedError,
    RateLimitedError,
    ServiceError,
    TallyError,
)

KEY_VARIABLE: Final = "TALLY_KEY"
URL_VARIABLE: Final = "TALLY_URL"

DEFAULT_TIMEOUT: Final = 30.0
"""Seconds for an answer: the service itself gives up before."""

DEFAULT_RETRIES: Final = 3
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 8.0
"""Seconds before the first retry at most, doubled each time up to the longest. Any part of it is waited, by
chance, so that clients that failed together do not come back together."""

LONGEST_RETRY_AFTER: Final = 60.0
"""Seconds that a service may ask to wait; for more, the caller decides."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Time and chance. Tests pass their own."""

    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach the API. `key` is an API key or an id token; `timeout` is in seconds."""

    key: str = field(repr=False)
    url: str
    workspace_id: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    max_retries: int = DEFAULT_RETRIES
    runtime: Runtime = field(default_factory=Runtime, repr=False)

    @classmethod
    def read(
        cls,
        key: str | None = None,
        url: str | None = None,
        environ: Mapping[str, str] | None = None,
        *,
        workspace_id: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        runtime: Runtime | None = None,
    ) -> Settings:
        """What is given, else what the environment says (`TALLY_KEY`, `TALLY_URL`).

        Raises:
            ConfigurationError: something is missing or can't be right.
        """
        found = os.environ if environ is None else environ
        key = (key or found.get(KEY_VARIABLE) or "").strip()
        url = (url or found.get(URL_VARIABLE) or "").strip().rstrip("/")
        if not key:
            raise ConfigurationError(f"no API key: pass api_key or set {KEY_VARIABLE}")
        if not key.isascii() or not key.isprintable():
            raise ConfigurationError("the API key has characters that no key has")
        if not url:
            raise ConfigurationError(f"no address: pass base_url or set {URL_VARIABLE}")
        if not url.startswith(("http://", "https://")):
            raise ConfigurationError(f"the address begins with https://, unlike {url!r}")
        if timeout <= 0 or max_retries < 0:
            raise ConfigurationError("timeout is above 0 seconds, max_retries not below 0")
        return cls(
            key, url.removesuffix("/api"), workspace_id, timeout, max_retries, runtime or Runtime()
        )

    def pause_after(self, error: TallyError, retries: int) -> float | None:
        """Seconds to wait before the next try, or None when there is none; `retries` are behind us."""
        if retries >= self.max_retries or not repeatable(error):
            return None
        return pause(retries, self.runtime.random(), retry_after_of(error))


def repeatable(error: TallyError) -> bool:
    """Whether the same request may succeed later. Every request is safe to repeat: it counts once."""
    if isinstance(error, RateLimitedError):
        return (error.retry_after or 0) <= LONGEST_RETRY_AFTER
    return isinstance(error, ConnectionFailedError | ServiceError) or (
        isinstance(error, ApiError) and error.status == 408
    )


def retry_after_of(error: TallyError) -> float | None:
    """Seconds that the service asked to wait."""
    return error.retry_after if isinstance(error, ApiError) else None


def pause(
    retries: int,
    chance: float,
    asked: float | None = None,
    longest: float = LONGEST_PAUSE,
) -> float:
    """Seconds before a retry: what the service asked for and a little more, or growing by chance."""
    growing = min(FIRST_PAUSE * 2.0 ** min(retries, 30), longest)
    if asked is None:
        return growing * chance
    return min(asked, LONGEST_RETRY_AFTER) + (growing * chance / 4 if asked else 0.0)
