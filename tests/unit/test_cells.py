"""Cells equal the journal exactly, in whatever pieces it is folded (STA-5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.calendar import local_day_hour, month_of, zone_of
from shared.domain.cells import (
    COUNTRY,
    DAY_TOTAL,
    FAILED,
    HOUR,
    MODEL,
    MONTH_TOTAL,
    PLATFORM,
    PRIVATE_FAMILIES,
    SHARED_FAMILIES,
    UNPRICED,
    CellKey,
    Delta,
    Deltas,
    HourSums,
    fold_private,
    fold_shared,
    merge,
    model_value,
    split_model_value,
)
from shared.domain.digests import (
    DigestRow,
    Dimensions,
    decode_digest,
    digest_of,
    encode_digest,
    sums_of,
)
from shared.domain.sums import (
    BUCKET_BOUNDS,
    MAX_BUCKETED_MS,
    SUM_FIELDS,
    Sums,
    bucket_of,
    bucket_value_ms,
)
from shared.domain.usage import Usage, UsageLog
from tests.factories import a_ledger, a_log, a_usage, pricing_terms
from tests.fakes.clock import START_MS
from tests.strategies import DAY_MS, batches

ZONE = zone_of("Asia/Kathmandu")
rows_of_days = batches(max_size=8, occurred=st.integers(START_MS - 40 * DAY_MS, START_MS))


def placed(log: UsageLog) -> tuple[Dimensions, UsageLog]:
    day, hour = local_day_hour(log.occurred_ms, ZONE)
    place = (log.service, log.provider, log.model, log.country, log.platform, log.failed)
    return Dimensions(day, hour, *place), log


def logs_of(rows: Sequence[Usage]) -> list[UsageLog]:
    return list(a_ledger(timezone="Asia/Kathmandu").use(*rows).logs)


def digest(logs: Sequence[UsageLog]) -> tuple[DigestRow, ...]:
    return digest_of(map(placed, logs))


Fold = Callable[[tuple[DigestRow, ...]], Deltas]
folds = pytest.mark.parametrize("fold", [fold_shared, fold_private])


@folds
@given(rows_of_days, st.integers(0, 8))
def test_a_fold_of_the_whole_is_the_merge_of_the_folds_of_its_parts(
    fold: Fold, rows: list[Usage], cut: int
) -> None:
    """STA-5: however entries are split, grouped and delivered."""
    logs = logs_of(rows)
    first, second = logs[:cut], logs[cut:]
    whole = fold(digest(logs))
    assert whole == merge(fold(digest(first)), fold(digest(second)))
    assert whole == merge(fold(digest(second)), fold(digest(first)))
    assert whole == fold((*digest(second), *digest(first)))
    assert merge({}, whole) == whole


@folds
@given(rows_of_days)
def test_folding_leaves_its_digest_as_it_was(fold: Fold, rows: list[Usage]) -> None:
    rows_before = digest(logs_of(rows))
    encoded = encode_digest(rows_before)
    deltas = fold(rows_before)
    merge(deltas, fold(rows_before))
    assert encode_digest(rows_before) == encoded


@given(rows_of_days)
def test_an_entry_s_digest_is_that_of_its_logs(rows: list[Usage]) -> None:
    ledger = a_ledger(timezone="Asia/Kathmandu")
    applied = ledger.use(*rows)
    assert applied.entry is not None
    assert applied.entry.digest == digest(applied.logs)


VALUE_OF: dict[str, Callable[[Dimensions], str | None]] = {
    DAY_TOTAL: lambda d: "",
    MONTH_TOTAL: lambda d: "",
    HOUR: lambda d: f"{d.hour:02d}",
    MODEL: lambda d: f"{d.service}|{d.provider}|{d.model or ''}",
    COUNTRY: lambda d: d.country,
    PLATFORM: lambda d: d.platform,
    FAILED: lambda d: "" if d.failed else None,
}


def by_hand(family: str, logs: Sequence[UsageLog]) -> dict[CellKey, list[UsageLog]]:
    cells: dict[CellKey, list[UsageLog]] = {}
    for dimensions, log in map(placed, logs):
        value = VALUE_OF[family](dimensions)
        period = month_of(dimensions.day) if family == MONTH_TOTAL else dimensions.day
        if value is not None:
            cells.setdefault(CellKey(family, period, value), []).append(log)
    return cells


def figures(logs: Sequence[UsageLog]) -> dict[str, int]:
    """The sums of logs, worked out from the logs themselves."""
    parts = [log.tokens for log in logs if log.tokens is not None]
    times = [log.response_time_ms for log in logs if log.response_time_ms is not None]
    sizes = [log.response_bytes for log in logs if log.response_bytes is not None]
    rated = [
        (log.tokens.output, log.response_time_ms)
        for log in logs
        if log.tokens is not None and log.tokens.output is not None and log.response_time_ms
    ]
    return {
        "requests": len(logs),
        "errors": sum(log.failed for log in logs),
        "input": sum(part.input or 0 for part in parts),
        "output": sum(part.output or 0 for part in parts),
        "cached_input": sum(part.cached_input for part in parts),
        "cache_write": sum(part.cache_write for part in parts),
        "reasoning": sum(part.reasoning for part in parts),
        "total": sum(part.total for part in parts),
        "credits": sum(log.credits for log in logs),
        "cost": sum(log.cost_picos for log in logs),
        "timed": len(times),
        "time_ms": sum(times),
        "sized": len(sizes),
        "bytes": sum(sizes),
        "rated_output": sum(output for output, _ in rated),
        "rated_ms": sum(time for _, time in rated),
        "failed_cost": sum(log.cost_picos for log in logs if log.failed),
        "token_cost": sum(log.cost_picos for log in logs if by_tokens(log)),
        "unpriced": sum(log.unpriced for log in logs),
    }


def by_tokens(log: UsageLog) -> bool:
    """The ledgers of these tests charge a flat price for what nobody states."""
    return log.receipt.basis == "stated" and log.tokens is not None and log.tokens.input is not None


def shown(sums: Sums) -> dict[str, int]:
    return {name: getattr(sums, name) for name in SUM_FIELDS}


@pytest.mark.parametrize("family", SHARED_FAMILIES)
@settings(max_examples=15)
@given(rows_of_days)
def test_the_cells_of_each_family_are_the_sums_of_their_logs(
    family: str, rows: list[Usage]
) -> None:
    """STA-5, STA-2: Σ logs = Σ cells; and every log stands in one cell of each family it has."""
    logs = logs_of(rows)
    expected = {key: figures(found) for key, found in by_hand(family, logs).items()}
    for fold, families in ((fold_shared, SHARED_FAMILIES), (fold_private, PRIVATE_FAMILIES)):
        cells = {key: delta for key, delta in fold(digest(logs)).items() if key.family == family}
        if family in families:
            assert {key: shown(delta.sums) for key, delta in cells.items()} == expected
        else:
            assert cells == {}


def test_logs_without_a_price_are_counted_by_model_and_hour() -> None:
    """PRI-4: and nothing else of them; who has a price stands in no such cell."""
    ledger = a_ledger(timezone="Asia/Kathmandu", pricing=pricing_terms(mode="tokens"))
    rows = [
        a_usage("a", model="unheard-of"),
        a_usage("b", model="unheard-of", occurred_ms=START_MS - 3 * 3_600_000),
        a_usage("c"),
        a_usage("d", tokens=None, model=None),
    ]
    cells = {
        key.value: delta
        for key, delta in fold_shared(digest(ledger.use(*rows).logs)).items()
        if key.family == UNPRICED
    }
    _, hour = local_day_hour(START_MS, ZONE)
    one = HourSums(1, 0, 0)
    assert cells == {
        "chat|chat|unheard-of": Delta(Sums(unpriced=2), {hour: one, hour - 3: one}),
        "chat|chat|": Delta(Sums(unpriced=1), {hour: one}),
    }


@given(rows_of_days)
def test_hours_and_response_times_are_kept_where_they_are_asked_for(rows: list[Usage]) -> None:
    """STA-2: hours in day and model cells; STA-1: p95 in day, month and model cells."""
    logs = logs_of(rows)
    for key, delta in fold_shared(digest(logs)).items():
        found = by_hand(key.family, logs)[key]
        times = [log.response_time_ms for log in found if log.response_time_ms is not None]
        if key.family in {DAY_TOTAL, MONTH_TOTAL, MODEL}:
            assert sum(delta.sums.buckets.values()) == len(times)
        else:
            assert delta.sums.buckets == {}
        if key.family not in {DAY_TOTAL, MODEL}:
            assert delta.hours == {}
            continue
        for hour, kept in delta.hours.items():
            of_hour = [log for log in found if placed(log)[0].hour == hour]
            sums = figures(of_hour)
            assert kept == HourSums(sums["requests"], sums["cost"], sums["total"])
        assert sum(kept.requests for kept in delta.hours.values()) == len(found)


@given(rows_of_days)
def test_a_digest_written_down_and_read_again_is_the_same(rows: list[Usage]) -> None:
    written = digest(logs_of(rows))
    text = encode_digest(written)
    assert decode_digest(text) == written
    assert encode_digest(decode_digest(text)) == text


@given(rows_of_days, st.randoms(use_true_random=False))
def test_a_digest_does_not_depend_on_the_order_of_the_logs(
    rows: list[Usage], shuffler: Random
) -> None:
    logs = logs_of(rows)
    shuffled = list(logs)
    shuffler.shuffle(shuffled)
    assert encode_digest(digest(logs)) == encode_digest(digest(shuffled))


GOOD = json.loads(encode_digest(digest([a_log()])))[0]


def with_member(at: int, value: object) -> str:
    return json.dumps([[*GOOD[:at], value, *GOOD[at + 1 :]] if at >= 0 else [*GOOD[:-1], value]])


BAD_PAIRS: list[object] = [None, 5, "abcd", {}, [1], [1, "1"], [1, 1.5], [None, 1]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "5",
        "true",
        '"text"',
        "{}",
        '{"a":1}',
        "[null]",
        "[5]",
        "[[]]",
        "[{}]",
        json.dumps([GOOD[:-1]]),
        json.dumps([[*GOOD, 1]]),
        *(with_member(at, None) for at in (0, 1, 2, 3, 7, 8, 23)),
        *(with_member(at, 1.5) for at in (0, 1, 4, 5, 6, 7, 8, 23)),
        *(with_member(at, True) for at in (1, 7, 8)),
        with_member(1, "9"),
        with_member(2, 5),
        with_member(4, 5),
        with_member(8, "1"),
        *(with_member(-1, pairs) for pairs in BAD_PAIRS),
    ],
)
def test_what_is_no_digest_is_refused(text: str) -> None:
    """OPS-4: garbage is an error to be parked, never figures."""
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words, or ours
        decode_digest(text)


def test_an_empty_digest_is_one() -> None:
    assert decode_digest("[]") == ()
    assert encode_digest(()) == "[]"
    assert fold_shared(()) == fold_private(()) == {}


def test_bounds_rise_by_a_tenth_at_most() -> None:
    """STA-1: what makes p95 right within 5 %."""
    assert all(low < high for low, high in pairwise(BUCKET_BOUNDS))
    assert BUCKET_BOUNDS[-1] >= MAX_BUCKETED_MS


def test_a_bucket_s_value_is_within_five_percent_of_all_it_holds() -> None:
    for bucket, (low, high) in enumerate(pairwise(BUCKET_BOUNDS), start=1):
        value = bucket_value_ms(bucket)
        assert low < value <= high
        assert abs(value - (low + 1)) * 20 <= low + 1
        assert abs(value - high) * 20 <= high
        assert bucket_of(low + 1) == bucket_of(high) == bucket
    assert (bucket_of(0), bucket_value_ms(0)) == (0, 0)
    assert bucket_of(10**12) == len(BUCKET_BOUNDS) - 1


@given(
    st.lists(st.integers(0, MAX_BUCKETED_MS) | st.integers(0, 300), min_size=1, max_size=80),
    st.integers(1, 100),
)
def test_a_percentile_is_within_five_percent_of_the_true_one(
    times: list[int], percent: int
) -> None:
    """STA-1."""
    sums = Sums()
    for time_ms in times:
        sums.add(Sums(buckets={bucket_of(time_ms): 1}))
    true = sorted(times)[-(-len(times) * percent // 100) - 1]
    found = sums.percentile_ms(percent)
    assert found is not None
    assert abs(found - true) * 20 <= true


def test_without_response_times_there_is_no_percentile() -> None:
    assert Sums(requests=5).percentile_ms(95) is None


def test_a_model_cell_s_value_leads_back_to_the_model() -> None:
    for names in (("chat", "openai", "gpt-4o"), ("a/b", "c", None)):
        assert split_model_value(model_value(*names)) == names


def test_tokens_per_second_takes_logs_with_output_and_time_only() -> None:
    """tokensPerSecond counts logs that have both output tokens and a response time."""
    for log in (
        a_log(response_time_ms=None),
        a_log(response_time_ms=0),
        a_log(tokens=None),
        replace(a_log(), tokens=None),
    ):
        assert (sums_of(log).rated_output, sums_of(log).rated_ms) == (0, 0)
    assert (sums_of(a_log()).rated_output, sums_of(a_log()).rated_ms) == (200, 250)
