"""Repricing on a table that races and fails (PRI-4, PRI-5, LED-2, LED-4, STA-5)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.calendar import MS_PER_DAY, utc_text
from shared.domain.money import PICOS
from shared.domain.repricing import Tally
from shared.domain.tokens import Tokens
from shared.ports.logs import LogFilter
from shared.store.schema import log_key
from shared.store.table import Delete
from tests.factories import a_usage
from tests.fakes.clock import START_MS
from tests.repricing_shop import Shop, W, exact, rows

MILLI = 1_000_000_000
"""A thousandth of the currency: one credit's value."""


def test_an_unknown_model_is_priced_later_and_the_account_pays_the_difference() -> None:
    """PRI-4: a compensating transaction, never an edit."""
    shop = Shop()
    shop.buy(100)
    shop.use(*rows(3))
    kept = shop.kept()
    assert [log.unpriced for log in shop.listed()] == [True] * 3
    shop.put_price("own", 2 * MILLI // 1000, 10 * MILLI // 1000)

    run = shop.reprice()

    # 1,000 × 0.000002 + 200 × 0.00001 = 0.004, four credits, three times.
    assert (run.status, run.tally) == ("done", Tally(3, 1, 0, 12 * MILLI, 12))
    assert shop.balance() == 88
    posted = shop.entries()[-1]
    assert (posted.reason, posted.type, posted.amount) == ("adjustment", "debit", 12)
    assert posted.note == f"Repricing {run.repricing_id}"
    assert posted.log_ids == tuple(row.log_id for row in rows(3))
    assert {key: shop.kept()[key] for key in kept} == kept
    for log in shop.listed():
        assert (log.unpriced, log.cost_picos, log.credits) == (True, 0, 0)
        assert log.repriced is not None
        assert log.repriced.receipt.recompute() == (4 * MILLI, 4)
        assert (log.current.unpriced, log.repriced.repricing_id) == (False, run.repricing_id)
    shop.assert_sound()


def test_a_second_run_finds_nothing() -> None:
    shop = Shop()
    shop.buy(3)
    shop.use(*rows(3))
    shop.put_price("own", 1, 1)
    assert shop.reprice().tally == Tally(3, 1, 0, 3600, 3)
    before = shop.table.items()

    again = shop.reprice()

    assert again.tally == Tally()
    changed = [i for i in shop.table.items() if i not in before]
    assert [str(i["pk"]).rpartition("#")[2] for i in changed] == ["REPRICINGS"]


def test_a_dry_run_says_what_a_run_would_post_and_posts_nothing() -> None:
    shop = Shop()
    shop.buy(10)
    shop.use(*rows(2), *rows(2, user="bob"))
    shop.put_price("own", MILLI, MILLI)
    before = shop.kept()

    dry = shop.reprice(dry=True)

    assert (dry.status, dry.dry) == ("done", True)
    assert shop.kept() == before
    assert shop.reprice().tally == dry.tally
    shop.assert_sound("alice", "bob")


def test_a_price_change_in_mid_month_prices_each_event_by_its_own_date() -> None:
    """PRI-2: the old price up to its last millisecond, the new one from its first."""
    shop = Shop(enforce_credits=False)
    change_ms = START_MS - 5 * MS_PER_DAY
    times = {"long before": -MS_PER_DAY, "just before": -1, "at": 0, "after": MS_PER_DAY}
    shop.use(
        *(
            a_usage(name.replace(" ", "-"), model="own", occurred_ms=change_ms + at)
            for name, at in times.items()
        )
    )
    shop.put_price("own", 1_000_000, 2_000_000)
    shop.put_price("own", 3_000_000, 5_000_000, from_ms=change_ms)

    shop.reprice()

    costs = [log.current.cost_picos for log in shop.listed()]
    old, new = (exact(rates, (1000, 200), MILLI)[0] * PICOS for rates in
                ((1_000_000, 2_000_000), (3_000_000, 5_000_000)))  # fmt: skip
    assert costs == [old, old, new, new]
    shop.assert_sound()


def test_a_second_price_change_goes_from_what_was_repriced_already() -> None:
    """Differences are those between runs; what stands beside a log is the latest."""
    shop = Shop(enforce_credits=False)
    shop.use(*rows(2))
    shop.put_price("own", 1_000_000, 0)
    first = shop.reprice()
    shop.put_price("own", 4_000_000, 0)

    second = shop.reprice()

    assert first.tally == Tally(2, 1, 0, 2 * MILLI, 2)
    assert second.tally == Tally(2, 1, 0, 6 * MILLI, 6)
    assert [log.current.cost_picos for log in shop.listed()] == [4 * MILLI] * 2
    assert {log.repriced.repricing_id for log in shop.listed() if log.repriced} == {
        second.repricing_id
    }
    shop.assert_sound()


def test_a_lower_price_gives_credits_back() -> None:
    shop = Shop()
    shop.put_price("own", 9_000_000, 0)
    shop.buy(30)
    shop.use(*rows(2))
    shop.put_price("own", 2_000_000, 0)

    run = shop.reprice()

    assert run.tally == Tally(2, 1, 0, -14 * MILLI, -14)
    assert (shop.entries()[-1].type, shop.entries()[-1].amount) == ("credit", 14)
    assert shop.balance() == 26
    shop.assert_sound()


def test_a_cost_that_changes_within_a_credit_is_posted_without_credits() -> None:
    """The entry moves nothing, and the statistics follow all the same."""
    shop = Shop(enforce_credits=False)
    shop.put_price("own", 600_000, 0)
    shop.use(*rows(1))
    shop.put_price("own", 700_000, 0)

    run = shop.reprice()

    assert run.tally == Tally(1, 1, 0, 100_000_000, 0)
    assert (shop.entries()[-1].amount, len(shop.entries())) == (0, 2)
    shop.assert_sound()


def test_what_a_caller_stated_stays() -> None:
    """Repricing looks at figures that were computed; credits stated beside a computed cost stay, too."""
    shop = Shop(enforce_credits=False)
    shop.put_price("own", 1_000_000, 0)
    stated = a_usage("stated", model="own", cost_picos=7, credits=3)
    cost = a_usage("cost", model="own", cost_picos=5 * MILLI)
    credits = a_usage("credits", model="own", credits=9)
    shop.use(stated, cost, credits)
    shop.put_price("own", 2_000_000, 0)

    run = shop.reprice()

    assert run.tally == Tally(1, 1, 0, MILLI, 0)
    assert shop.log("credits").current.credits == 9
    assert shop.log("stated").repriced is shop.log("cost").repriced is None
    shop.assert_sound()


def test_a_price_is_never_taken_away() -> None:
    """A log that has a price keeps it where the new settings have none for it."""
    shop = Shop(pricing_mode="flat", enforce_credits=False)
    shop.use(*rows(2, model="unheard-of"))
    settings_ = shop.workspaces.get(W)
    shop.workspaces.replace(replace(settings_, pricing_mode="tokens"), settings_)

    assert shop.reprice().tally == Tally()
    assert [log.current.credits for log in shop.listed()] == [5, 5]


def test_only_what_the_filters_name_is_priced_anew() -> None:
    shop = Shop(enforce_credits=False)
    shop.use(*rows(2), *rows(2, user="bob"), *rows(1, model="other"))
    shop.use(*rows(1, user="eve", service="bot"))
    for model, of in (("own", "chat"), ("other", "chat"), ("own", "bot")):
        shop.put_price(model, 1_000_000, 0, service=of)
    assert shop.reprice(dry=True).tally.logs == 6
    assert shop.reprice(dry=True, userId="bob").tally.logs == 2
    assert shop.reprice(dry=True, userId=shop.account("bob")).tally.logs == 2
    assert shop.reprice(dry=True, userId="nobody").tally == Tally()
    assert shop.reprice(dry=True, model="own").tally.logs == 5
    assert shop.reprice(dry=True, service="bot").tally.logs == 1
    assert shop.reprice(dry=True, service="chat", model="other").tally.logs == 1
    moment = utc_text(START_MS - 60_000)
    assert shop.reprice(dry=True, startDate=moment).tally.logs == 4
    assert shop.reprice(dry=True, endDate=moment).tally.logs == 2


def test_an_account_that_cannot_pay_is_left_and_taken_by_the_next_run() -> None:
    """LED-4: never overdrawn, whatever is repriced."""
    shop = Shop()
    shop.buy(3)
    shop.buy(100, "bob")
    shop.use(*rows(2), *rows(2, user="bob"))
    shop.put_price("own", 2_000_000, 0)

    dry, run = shop.reprice(dry=True), shop.reprice()

    assert dry.tally == run.tally == Tally(2, 1, 1, 4 * MILLI, 4)
    assert (shop.balance(), shop.balance("bob")) == (3, 96)
    assert all(log.repriced is None for log in shop.listed())
    shop.buy(1)
    assert shop.reprice().tally == Tally(2, 1, 0, 4 * MILLI, 4)
    assert shop.balance() == 0
    shop.assert_sound("alice", "bob")


def test_what_is_given_back_pays_for_the_rest() -> None:
    """Of many logs, some cheaper and some dearer, the account is charged only what is left."""
    shop = Shop()
    shop.put_price("cheap", 9_000_000, 0)
    shop.buy(9 * 97)
    shop.use(*rows(97, model="cheap"))
    shop.use(*rows(97, model="dear"))
    assert shop.balance() == 0
    shop.put_price("cheap", 1_000_000, 0)
    shop.put_price("dear", 8_000_000, 0)

    assert shop.reprice().tally == Tally(194, 1, 0, 0, 0)
    assert [e.type for e in shop.entries()[-2:]] == ["credit", "debit"]
    assert min(entry.balance_after for entry in shop.entries()) >= 0
    shop.assert_sound()


@pytest.mark.parametrize(("logs", "adjustments"), [(96, 1), (97, 1), (98, 2), (200, 3)])
def test_one_adjustment_takes_up_to_97_logs(logs: int, adjustments: int) -> None:
    shop = Shop(enforce_credits=False)
    for start in range(0, logs, 98):
        shop.use(*rows(logs)[start : start + 98])
    recorded = len(shop.entries())
    shop.put_price("own", 1_000_000, 0)

    run = shop.reprice()

    posted = shop.entries()[recorded:]
    assert run.tally == Tally(logs, 1, 0, logs * MILLI, logs)
    assert len(posted) == adjustments
    assert max(len(entry.log_ids) for entry in posted) <= 97
    shop.assert_sound()


def test_counters_of_today_and_of_this_month_follow() -> None:
    """ALR-1: what limits are measured on is what the statistics say."""
    shop = Shop(enforce_credits=False)
    shop.use(
        a_usage("today", model="own"),
        a_usage("old", model="own", occurred_ms=START_MS - MS_PER_DAY),
    )
    shop.put_price("own", 1_000_000, 0)
    shop.reprice()
    head = shop.accounts.head(W, shop.account())
    assert head is not None
    assert (head.today.requests, head.today.cost, head.today.credits) == (1, MILLI, 1)
    assert (head.this_month.requests, head.this_month.cost, head.this_month.credits) == (
        2,
        2 * MILLI,
        2,
    )
    assert head.logs == 2


def test_lists_show_logs_once_with_what_was_made_of_them_in_either_order() -> None:
    """What stands beside a log is no log, wherever a page begins or ends."""
    shop = Shop(enforce_credits=False)
    shop.use(*rows(5), *rows(5, model="other"))
    shop.put_price("own", 1_000_000, 0)
    shop.reprice()

    ascending, descending = shop.listed(), shop.listed(descending=True)

    assert ascending == descending[::-1]
    assert len(ascending) == 10
    assert {log.log_id for log in ascending if log.repriced} == {r.log_id for r in rows(5)}
    assert [shop.log(log.log_id) for log in ascending] == ascending
    account_id = shop.account()
    for descends in (False, True):
        whole = list(shop.logs.history(W, account_id, LogFilter(), descending=descends))
        for at, (key, _) in enumerate(whole):
            rest = shop.logs.history(W, account_id, LogFilter(), descending=descends, after=key)
            assert list(rest) == whole[at + 1 :]
        by_model = LogFilter(model="own", service="chat", failed=False)
        found = list(shop.logs.history(W, account_id, by_model, descending=descends))
        assert found == [row for row in whole if row[1].model == "own"]


def test_what_stands_beside_a_log_that_is_gone_is_not_taken_for_another_s() -> None:
    shop = Shop(enforce_credits=False)
    shop.use(*rows(3))
    shop.put_price("own", 1_000_000, 0)
    shop.reprice(startDate=utc_text(START_MS - 2 * 60_000), endDate=utc_text(START_MS - 60_000))
    (gone,) = (log for log in shop.listed() if log.repriced is not None)
    shop.table.write(Delete(log_key(W, gone.log_id)))
    for descending in (False, True):
        left = shop.listed(descending=descending)
        assert [log.repriced for log in left] == [None, None]
    assert shop.logs.get(W, gone.log_id) is None


prices = st.integers(0, 5_000_000)
parts = st.tuples(st.integers(0, 5000), st.integers(0, 5000))


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(["alice", "bob"]), parts, st.booleans()), min_size=1, max_size=8),
    st.lists(st.tuples(prices, prices), min_size=1, max_size=3),
    st.integers(0, 60),
    st.integers(1, 3 * MILLI),
)  # fmt: skip
def test_runs_move_balances_by_exactly_the_difference(
    calls: list[tuple[str, tuple[int, int], bool]],
    changes: list[tuple[int, int]],
    credits: int,
    value: int,
) -> None:
    """PRI-4, PRI-3: by fractions, after any number of price changes; nothing old is touched."""
    shop = Shop(credit_value_picos=value)
    for user in ("alice", "bob"):
        shop.buy(credits + 1, user)
    for at, (user, (given_, made), failed) in enumerate(calls):
        tokens = Tokens.of_parts(given_, made)
        shop.use(a_usage(f"log-{at}", user_id=user, model="own", tokens=tokens, failed=failed))
    for rates in changes:
        shop.put_price("own", *rates)
        kept = shop.kept()
        before = {user: shop.balance(user) for user in ("alice", "bob")}
        old = {user: [log.current for log in shop.listed(user)] for user in before}
        dry, run = shop.reprice(dry=True), shop.reprice()
        assert dry.tally == run.tally
        assert {key: shop.kept()[key] for key in kept} == kept
        unpaid = 0
        for user, balance in before.items():
            figures = [
                exact(rates, (log.tokens.input or 0, log.tokens.output or 0), value)
                for log in old[user]
                if log.tokens is not None
            ]
            owed = sum(n for _, n in figures) - sum(log.credits for log in old[user])
            changed = shop.listed(user)
            if owed > balance and owed > 0:
                unpaid += 1
                assert shop.balance(user) == balance
                assert [log.current for log in changed] == old[user]
                continue
            assert shop.balance(user) == balance - owed
            assert [Fraction(log.current.cost_picos, PICOS) for log in changed] == [
                cost for cost, _ in figures
            ]
            assert [log.current.credits for log in changed] == [n for _, n in figures]
        assert run.tally.unpaid == unpaid
        assert shop.reprice().tally == Tally(unpaid=unpaid)
    shop.assert_sound("alice", "bob")
