"""Usage logs for tests of what is read from them, and a second way to add them up.

The reference knows nothing of cells: it goes over the logs one by one, with fractions instead of integers
and `datetime` instead of our calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from shared.domain.ids import account_id_of
from shared.domain.pricing import Receipt
from shared.domain.tokens import Tokens
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from tests.fakes.clock import START_MS

K = TypeVar("K", bound=Hashable)

SECRET: Final = bytes(range(32))
DAY_MS: Final = 86_400_000
ZONES: Final = (
    "UTC",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/New_York",
    "America/St_Johns",
)
USERS: Final = ("alice", "bob", "carol")
SERVICES: Final = ("openai", "chat", "a/b")
MODELS: Final = (None, "gpt-5", "c", "b/c")


def workspace(**changes: Any) -> Workspace:
    """A workspace named `acme`."""
    settings: dict[str, Any] = {
        "workspace_id": "acme",
        "name": "Acme",
        "secret": SECRET,
        "created_ms": 0,
    }
    return Workspace(**settings | changes)


def account(user_id: str) -> str:
    """The account of a user of that workspace."""
    return account_id_of(SECRET, user_id)


def usage_log(number: int = 0, **members: Any) -> UsageLog:
    """A usage log; `user` names whose."""
    user = members.pop("user", "alice")
    cost, credits = members.get("cost_picos", 5_000_000_000), members.get("credits", 5)
    values: dict[str, Any] = {
        "workspace_id": "acme",
        "account_id": account(user),
        "log_id": f"log-{number:06d}",
        "seq": number + 1,
        "service": "openai",
        "provider": "openai",
        "model": "gpt-5",
        "tokens": None,
        "credits": credits,
        "cost_picos": cost,
        "currency": "USD",
        "unpriced": False,
        "failed": False,
        "error_code": None,
        "response_time_ms": None,
        "response_bytes": None,
        "country": None,
        "platform": None,
        "request_id": None,
        "metadata": None,
        "occurred_ms": START_MS,
        "created_ms": START_MS,
        "receipt": Receipt("stated", (), 10**9, cost, credits),
        "nonce": b"nonce",
        "fingerprint": {},
    }
    return UsageLog(**values | members)


@st.composite
def _tokens(draw: st.DrawFn) -> Tokens | None:
    kind = draw(st.sampled_from(("none", "total", "parts")))
    if kind == "none":
        return None
    if kind == "total":
        return Tokens(draw(st.integers(0, 10**6)))
    given, output = draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6))
    cached = draw(st.integers(0, given))
    written = draw(st.integers(0, given - cached))
    return Tokens.of_parts(given, output, cached, written, draw(st.integers(0, output)))


_MEMBERS: Final = st.fixed_dictionaries(
    {
        "user": st.sampled_from(USERS),
        "service": st.sampled_from(SERVICES),
        "provider": st.sampled_from(("openai", "azure")),
        "model": st.sampled_from(MODELS),
        "tokens": _tokens(),
        "credits": st.integers(0, 10**6),
        "cost_picos": st.integers(0, 10**15),
        "failed": st.booleans(),
        "response_time_ms": st.none() | st.integers(0, 200_000),
        "response_bytes": st.none() | st.integers(0, 10**9),
        "country": st.sampled_from((None, "KR", "DE")),
        "platform": st.sampled_from((None, "web", "ios")),
    }
)


def usage_logs(
    max_size: int = 40, days: int = 45, now_ms: int = START_MS
) -> st.SearchStrategy[list[UsageLog]]:
    """Logs of some users over the last days, often at the same instant or on the edge of an hour."""
    grain = st.sampled_from((1, 1000, 900_000, 3_600_000, DAY_MS))

    @st.composite
    def moments(draw: st.DrawFn) -> int:
        step = draw(grain)
        back = draw(st.integers(0, days * DAY_MS // step))
        edge = draw(st.integers(-1, 1))
        return min((now_ms // step - back) * step + edge, now_ms)

    rows = st.lists(st.tuples(_MEMBERS, moments()), max_size=max_size)
    return rows.map(
        lambda drawn: [
            usage_log(number, **members, occurred_ms=at)
            for number, (members, at) in enumerate(drawn)
        ]
    )


def local_time(log: UsageLog, zone: ZoneInfo) -> datetime:
    """When a log occurred, on the workspace's clocks."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=log.occurred_ms)
    return moment.astimezone(zone)


def rounded(value: Fraction, places: int) -> Decimal:
    """A fraction rounded half up."""
    unit = Fraction(1, 10**places)
    whole = (value / unit + Fraction(1, 2)).__floor__()
    return (Decimal(whole) * Decimal(1).scaleb(-places)).normalize()


def reference_measures(logs: Sequence[UsageLog]) -> dict[str, Any]:
    """The contract's measures of some logs; p95 is the true one."""
    tokens = [log.tokens or Tokens(0) for log in logs]
    times = [log.response_time_ms for log in logs if log.response_time_ms is not None]
    sizes = [log.response_bytes for log in logs if log.response_bytes is not None]
    errors = sum(log.failed for log in logs)
    measures: dict[str, Any] = {
        "requests": len(logs),
        "errors": errors,
        "errorRate": rounded(Fraction(errors, len(logs) or 1), 6),
        "tokens": {
            "input": sum(t.input or 0 for t in tokens),
            "output": sum(t.output or 0 for t in tokens),
            "cachedInput": sum(t.cached_input for t in tokens),
            "cacheWrite": sum(t.cache_write for t in tokens),
            "reasoning": sum(t.reasoning for t in tokens),
            "total": sum(t.total for t in tokens),
        },
        "credits": sum(log.credits for log in logs),
        "cost": cost_of(logs),
    }
    if times:
        measures["averageResponseTimeMs"] = rounded(Fraction(sum(times), len(times)), 2)
        measures["p95ResponseTimeMs"] = sorted(times)[-(-len(times) * 95 // 100) - 1]
    if sizes:
        measures["averageResponseBytes"] = rounded(Fraction(sum(sizes), len(sizes)), 2)
    rated = [
        (log.tokens.output, log.response_time_ms)
        for log in logs
        if log.tokens is not None and log.tokens.output is not None and log.response_time_ms
    ]
    if rated:
        seconds = Fraction(sum(time_ms for _, time_ms in rated), 1000)
        measures["tokensPerSecond"] = rounded(sum(n for n, _ in rated) / seconds, 2)
    return measures


def cost_of(logs: Iterable[UsageLog]) -> Decimal:
    """Their cost in units of the currency."""
    picos = sum((Fraction(log.cost_picos, 10**12) for log in logs), Fraction(0))
    return rounded(picos, 12)


def grouped(logs: Iterable[UsageLog], key: Callable[[UsageLog], K]) -> dict[K, list[UsageLog]]:
    """Logs by a key."""
    groups: dict[K, list[UsageLog]] = {}
    for log in logs:
        groups.setdefault(key(log), []).append(log)
    return groups


def assert_measures(
    shown: dict[str, Any], logs: Sequence[UsageLog], *, percentile: bool = True
) -> None:
    """Measures shown are those of the logs; p95 within 5 %, or not shown."""
    expected = reference_measures(logs)
    true_p95 = expected.pop("p95ResponseTimeMs", None)
    seen_p95 = shown.get("p95ResponseTimeMs")
    if percentile and true_p95 is not None:
        assert seen_p95 is not None
        assert abs(seen_p95 - true_p95) * 20 <= true_p95
    else:
        assert seen_p95 is None
    figures = {name: shown[name] for name in expected}
    assert figures == expected
    optional = {"averageResponseTimeMs", "averageResponseBytes", "tokensPerSecond"}
    assert optional & shown.keys() == optional & expected.keys()
