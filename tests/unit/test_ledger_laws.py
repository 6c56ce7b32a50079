"""Laws of the pure ledger: whatever is applied, in whatever pieces, at whatever times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import local_day, month_of
from shared.domain.errors import InsufficientCreditsError, ValidationFailedError
from shared.domain.head import ZERO, Counters, Head
from shared.domain.journal import verify
from shared.domain.ledger import AccountTerms, Applied, Movement, apply_movement, apply_usage
from shared.domain.limits import Block
from shared.domain.usage import Usage, UsageLog
from tests.factories import a_head, a_moment, a_purchase, terms
from tests.fakes.clock import START_MS
from tests.strategies import DAY_MS, batches

MINUTE_MS = 60_000
MIDNIGHT_MS = START_MS - 9 * 3_600_000 - 30 * MINUTE_MS + 11 * DAY_MS
"""The first instant of December 2026 in UTC: around it, days and months roll at once."""

ZONES = ("UTC", "Asia/Kathmandu", "America/New_York")
blocks = st.lists(
    st.builds(
        Block,
        st.just("threshold"),
        st.sampled_from(("tokens", "cost", "credits", "requests")),
        st.sampled_from(("daily", "monthly")),
        st.integers(1, 10**13),
    ),
    max_size=2,
).map(tuple)
movements = st.one_of(
    st.builds(a_purchase, st.integers(1, 5000)),
    st.builds(
        lambda kind, amount: Movement(kind, "adjustment", amount, note="why"),
        st.sampled_from(("debit", "credit")),
        st.integers(1, 5000),
    ),
    st.builds(lambda amount: Movement("credit", "promo", amount), st.integers(1, 5000)),
)


@dataclass(frozen=True)
class Step:
    """One command on an account, at the time that its server's clock shows."""

    now_ms: int
    command: Movement | list[Usage]


@dataclass
class History:
    """What steps did to an account. `logs` and `head` are those after all of them."""

    terms: AccountTerms
    head: Head = field(default_factory=a_head)
    applied: list[Applied] = field(default_factory=list)

    def run(self, steps: Sequence[Step]) -> History:
        for number, step in enumerate(steps):
            moment = a_moment(step.now_ms, mark=number)
            try:
                if isinstance(step.command, Movement):
                    result = apply_movement(self.head, step.command, self.terms, moment)
                else:
                    result = apply_usage(self.head, step.command, self.terms, moment)
            except (InsufficientCreditsError, ValidationFailedError):
                continue
            self.head = result.head
            self.applied.append(result)
        return self

    @property
    def logs(self) -> list[UsageLog]:
        return [log for result in self.applied for log in result.logs]


@st.composite
def steps(draw: st.DrawFn, *, around_ms: int = MIDNIGHT_MS) -> list[Step]:
    """Commands in order, by servers whose clocks differ, of events that are late or a little early."""
    made: list[Step] = []
    at_ms = around_ms - draw(st.integers(0, 30 * MINUTE_MS))
    for number in range(draw(st.integers(1, 6))):
        at_ms += draw(
            st.sampled_from((0, MINUTE_MS, 20 * MINUTE_MS, DAY_MS, 2 * DAY_MS, 31 * DAY_MS))
        )
        now_ms = at_ms + draw(st.integers(-3, 3)) * MINUTE_MS
        offsets = st.integers(-2 * DAY_MS, 6 * MINUTE_MS) | st.integers(-MINUTE_MS, 5 * MINUTE_MS)
        occurred = st.none() | offsets.map(lambda offset, now=now_ms: now + offset)  # type: ignore[misc]
        rows = batches(max_size=4, prefix=f"log-{number}", occurred=occurred)
        made.append(Step(now_ms, draw(rows | movements)))
    return made


any_terms = st.builds(
    lambda zone, enforce, limits: terms(timezone=zone, enforce_credits=enforce, blocks=limits),
    st.sampled_from(ZONES),
    st.booleans(),
    blocks,
)


def counted(logs: Sequence[UsageLog]) -> Counters:
    total = ZERO
    for log in logs:
        total = total.plus(log)
    return total


@given(batches(max_size=10), any_terms, st.integers(0, 20_000), st.data())
def test_any_split_of_a_batch_ends_in_the_same_books(
    rows: list[Usage], agreed: AccountTerms, bought: int, data: st.DataObject
) -> None:
    """REC-3, REC-5: balance, counters, what was refused and why do not depend on the commits."""
    start = History(agreed).run([Step(START_MS, a_purchase(bought + 1))]).head
    whole = apply_usage(start, rows, agreed, a_moment())
    cuts = sorted(data.draw(st.sets(st.integers(1, len(rows))), label="cuts") | {0, len(rows)})
    pieces = [rows[low:high] for low, high in pairwise(cuts)]
    split = History(agreed, start).run([Step(START_MS, piece) for piece in pieces])
    refused = {log_id: e for result in split.applied for log_id, e in result.refused.items()}
    assert split.head.balance == whole.head.balance
    assert (split.head.today, split.head.this_month) == (whole.head.today, whole.head.this_month)
    assert split.head.logs == whole.head.logs
    assert [log.log_id for log in split.logs] == [log.log_id for log in whole.logs]
    assert [log.receipt for log in split.logs] == [log.receipt for log in whole.logs]
    assert {log_id: (type(e), e.detail) for log_id, e in refused.items()} == {
        log_id: (type(e), e.detail) for log_id, e in whole.refused.items()
    }
    assert split.head.totals.usage_credits == whole.head.totals.usage_credits


@given(steps(), any_terms)
def test_a_balance_is_what_came_minus_what_went_and_never_below_zero_when_enforced(
    commands: list[Step], agreed: AccountTerms
) -> None:
    """LED-2, LED-4."""
    history = History(agreed).run(commands)
    balance = 0
    for result in history.applied:
        if result.entry is None:
            continue
        balance += result.entry.signed_amount
        assert result.entry.balance_after == result.head.balance == balance
        assert balance >= 0 or not agreed.enforce_credits
    charged = sum(log.credits for log in history.logs)
    assert charged == history.head.totals.usage_credits
    assert history.head.logs == len(history.logs)


@given(steps(), any_terms)
def test_counters_are_the_sums_over_the_logs_of_the_current_day_and_month(
    commands: list[Step], agreed: AccountTerms
) -> None:
    """ALR-1, REC-6: whatever the order of the events and the skew of the servers' clocks."""
    history = History(agreed)
    for number in range(len(commands)):
        history.run(commands[number : number + 1])
        head = history.head
        if not head.seq:
            continue
        days = {log.log_id: local_day(log.occurred_ms, agreed.zone) for log in history.logs}
        of_day = [log for log in history.logs if days[log.log_id] == head.day]
        of_month = [log for log in history.logs if month_of(days[log.log_id]) == head.month]
        assert head.today == counted(of_day)
        assert head.this_month == counted(of_month)
        assert month_of(head.day) == head.month


@given(steps(), any_terms)
def test_the_current_day_is_the_servers_and_never_goes_back(
    commands: list[Step], agreed: AccountTerms
) -> None:
    """A client whose clock is ahead must not switch today's limit off."""
    history, latest_ms, day = History(agreed), 0, ""
    for number, step in enumerate(commands):
        before = len(history.applied)
        history.run(commands[number : number + 1])
        if len(history.applied) > before and history.applied[-1].entry is not None:
            latest_ms = max(latest_ms, step.now_ms)
            assert history.head.day == local_day(latest_ms, agreed.zone)
        assert history.head.day >= day
        day = history.head.day


@given(steps(), any_terms)
def test_entries_are_numbered_without_a_gap_and_their_times_never_run_back(
    commands: list[Step], agreed: AccountTerms
) -> None:
    """LED-1, LED-2."""
    history = History(agreed).run(commands)
    entries = [result.entry for result in history.applied if result.entry is not None]
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    times = [entry.created_ms for entry in entries]
    assert times == sorted(times)
    for result in history.applied:
        assert all(log.created_ms == result.head.last_created_ms for log in result.logs)
        assert all(log.seq == result.head.seq for log in result.logs)
    if entries:
        assert (history.head.created_ms, history.head.last_created_ms) == (times[0], times[-1])


@given(steps(), any_terms)
def test_every_journal_that_can_be_made_is_verified(
    commands: list[Step], agreed: AccountTerms
) -> None:
    """LED-3: and the verifier arrives at the head."""
    history = History(agreed).run(commands)
    found = verify(result.entry for result in history.applied if result.entry is not None)
    head = history.head
    assert found.first_bad_seq is None
    assert (found.entries, found.balance, found.head_hash) == (head.seq, head.balance, head.hash)


@given(steps(), any_terms)
def test_an_entry_says_the_same_as_its_logs(commands: list[Step], agreed: AccountTerms) -> None:
    """REC-5: Σ logs = Σ digest = the entry's amount; and every receipt recomputes (PRI-5)."""
    for result in History(agreed).run(commands).applied:
        if not result.logs:
            continue
        assert result.entry is not None
        sums = [row.sums for row in result.entry.digest]
        assert result.entry.log_ids == tuple(log.log_id for log in result.logs)
        assert result.entry.amount == sum(log.credits for log in result.logs)
        assert sum(s.credits for s in sums) == result.entry.amount
        assert sum(s.requests for s in sums) == len(result.logs)
        assert sum(s.cost for s in sums) == sum(log.cost_picos for log in result.logs)
        for log in result.logs:
            assert log.receipt.recompute() == (log.cost_picos, log.credits)
            assert log.nonce == result.entry.nonce


@given(batches(max_size=6), any_terms, st.integers(0, 20_000))
def test_no_row_is_lost_and_none_is_both_taken_and_refused(
    rows: list[Usage], agreed: AccountTerms, bought: int
) -> None:
    """REC-3: one bad row never loses the good ones."""
    start = History(agreed).run([Step(START_MS, a_purchase(bought + 1))]).head
    result = apply_usage(start, rows, agreed, a_moment())
    taken = [log.log_id for log in result.logs]
    assert sorted([*taken, *result.refused]) == sorted(row.log_id for row in rows)
    assert taken == [row.log_id for row in rows if row.log_id not in result.refused]
    if not taken:
        assert (result.head, result.entry) == (start, None)


@given(batches(max_size=6), st.integers(1, 8000))
def test_only_what_can_not_be_afforded_is_refused_in_the_order_of_the_rows(
    rows: list[Usage], bought: int
) -> None:
    """LED-4, REC-3: a row that can't be afforded is refused, later ones that can be are taken."""
    agreed = terms(enforce_credits=True)
    start = History(agreed).run([Step(START_MS, a_purchase(bought))]).head
    free = apply_usage(start, rows, terms(), a_moment())
    left, expected = bought, []
    for log in free.logs:
        if log.credits <= left:
            left -= log.credits
            expected.append(log.log_id)
    result = apply_usage(start, rows, agreed, a_moment())
    assert [log.log_id for log in result.logs] == expected
    assert result.head.balance == left
    for error in result.refused.values():
        assert isinstance(error, InsufficientCreditsError)
