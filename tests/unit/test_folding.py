"""Which transactions entries go in: pure (architecture "Cells")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import zone_of
from shared.domain.cells import Deltas, merge
from shared.domain.digests import DigestRow, Dimensions, decode_digest, encode_digest
from shared.domain.folding import (
    MAX_COMMIT_ITEMS,
    MAX_FIGURE,
    Commit,
    Cursor,
    Foldable,
    Piece,
    added_by,
    check_digest,
    commits_of,
    pieces_of,
    private_of,
    shared_of,
    touches_of,
)
from shared.domain.journal import Entry
from shared.domain.sums import BUCKET_BOUNDS, Sums
from tests.factories import a_ledger
from tests.folding import random_usage, seeded, wide_usage

SEEDS = st.integers(0, 2**32)
UTC = zone_of("UTC")


def entries(seed: int, count: int, logs: int = 3) -> list[Foldable]:
    """Entries of an account, some of them without usage."""
    random = seeded(seed)
    ledger = a_ledger()
    made = []
    for number in range(count):
        rows = [random_usage(random, f"{number}-{n}") for n in range(logs)]
        entry = ledger.use(*rows).entry
        assert entry is not None
        if random.random() < 0.8:
            made.append(foldable(entry))
        else:
            made.append(Foldable(entry.seq, entry.created_ms, ("promo", "credit"), 7, ()))
    return made


def foldable(entry: Entry) -> Foldable:
    kind = entry.reason, entry.type
    return Foldable(entry.seq, entry.created_ms, kind, entry.amount, entry.digest)


def wide(seq: int) -> Foldable:
    entry = a_ledger().use(*wide_usage(98, 89)).entry
    assert entry is not None
    return replace(foldable(entry), seq=seq)


def all_of(pieces: Sequence[Piece]) -> Deltas:
    total: Deltas = {}
    for piece in pieces:
        merge(total, piece.deltas)
    return total


def assert_chain(pieces: Sequence[Piece], start: Cursor, end: Cursor) -> None:
    """Each piece begins where the one before ends."""
    assert pieces[0].move.start == start
    assert pieces[-1].move.end == end
    for before, after in pairwise(pieces):
        assert before.move.end == after.move.start


def test_nothing_new_is_no_piece() -> None:
    assert list(pieces_of("acct_a", Cursor(7), [], UTC)) == []


@given(SEEDS, st.integers(1, 12))
def test_pieces_of_a_run_add_up_to_its_fold_and_follow_each_other(seed: int, count: int) -> None:
    run = entries(seed, count, logs=12)
    pieces = list(pieces_of("acct_a", Cursor(), run, UTC))
    assert all_of(pieces) == shared_of(run, UTC)
    assert_chain(pieces, Cursor(), Cursor(run[-1].seq))
    assert all(len(piece.deltas) < MAX_COMMIT_ITEMS for piece in pieces)


def test_a_run_that_fits_is_one_piece() -> None:
    assert len(list(pieces_of("acct_a", Cursor(), entries(1, 5, logs=1), UTC))) == 1


def test_a_wide_entry_goes_in_the_same_parts_wherever_its_run_begins() -> None:
    before, *others = entries(2, 6, logs=1)
    run = [replace(before, seq=4), wide(5), *(replace(e, seq=6 + n) for n, e in enumerate(others))]
    whole = list(pieces_of("acct_a", Cursor(3), run, UTC))
    parts = [piece for piece in whole if piece.move.start.seq == 4 and piece.move.end.seq <= 5]
    assert_chain(whole, Cursor(3), Cursor(run[-1].seq))
    assert len(parts) == 6
    for part in range(6):
        rest = list(pieces_of("acct_a", Cursor(4, part), run[1:], UTC))
        assert rest[: 6 - part] == parts[part:]
        assert_chain(rest, Cursor(4, part), Cursor(run[-1].seq))


@given(st.lists(st.tuples(SEEDS, st.integers(1, 8)), min_size=1, max_size=40))
def test_commits_hold_all_pieces_in_order_and_no_more_than_a_transaction_takes(
    accounts: list[tuple[int, int]],
) -> None:
    pieces = [
        piece
        for number, (seed, count) in enumerate(accounts)
        for piece in pieces_of(f"acct_{number}", Cursor(), entries(seed, count, logs=9), UTC)
    ]
    commits = commits_of(pieces)
    assert all(0 < commit.items <= MAX_COMMIT_ITEMS for commit in commits)
    assert all_commits(commits) == all_of(pieces)
    for account_id in {piece.move.account_id for piece in pieces}:
        own = [piece.move for piece in pieces if piece.move.account_id == account_id]
        assert [c.moves[account_id] for c in commits if account_id in c.moves] == own


def all_commits(commits: Sequence[Commit]) -> Deltas:
    total: Deltas = {}
    for commit in commits:
        merge(total, commit.deltas)
    return total


def test_a_whole_batch_that_fits_is_one_transaction() -> None:
    pieces = [
        piece
        for number in range(40)
        for piece in pieces_of(f"acct_{number}", Cursor(), entries(5, 1, logs=1), UTC)
    ]
    assert len(commits_of(pieces)) == 1


def test_accounts_that_touch_the_same_cells_go_together() -> None:
    """Two kinds of accounts, taken in turn, whose cells don't fit together."""
    kinds = [entries(seed, 6, logs=4) for seed in (6, 7)]
    pieces = [
        piece
        for number in range(20)
        for piece in pieces_of(f"acct_{number}", Cursor(), kinds[number % 2], UTC)
    ]
    assert sum(len(set(piece.deltas)) for piece in pieces[:2]) > MAX_COMMIT_ITEMS
    commits = commits_of(pieces)
    cells = sum(len(commit.deltas) for commit in commits)
    assert cells == sum(len(piece.deltas) for piece in pieces[:2])


@given(SEEDS)
def test_touches_add_up_to_the_fold_of_private_cells(seed: int) -> None:
    run = entries(seed, 6)
    touched = touches_of(run, UTC)
    folded: Deltas = {}
    for entry in run:
        merge(folded, private_of(entry, UTC))
    assert {key: added_by(touches) for key, touches in touched.items()} == folded
    for touches in touched.values():
        assert [seq for seq, _ in touches] == sorted({seq for seq, _ in touches})


@given(SEEDS)
def test_digests_of_real_entries_are_taken(seed: int) -> None:
    for entry in entries(seed, 3):
        check_digest(decode_digest(encode_digest(entry.digest)))
    check_digest(wide(1).digest)


ROW = DigestRow(
    Dimensions("2026-11-20", 9, "chat", "chat", "gpt-4o", "KR", "web", failed=False),
    Sums(requests=1, buckets={3: 1}),
)


@pytest.mark.parametrize(
    "bad",
    [
        {"day": "20.11.2026"},
        {"day": "2026-11-20#x"},
        {"hour": 24},
        {"hour": -1},
        {"hour": True},
        {"hour": "9"},
        {"service": "a|b"},
        {"service": ""},
        {"provider": "a#b"},
        {"model": "x" * 129},
        {"country": ""},
        {"platform": "x" * 257},
    ],
)
def test_a_digest_that_makes_no_key_is_refused(bad: dict[str, Any]) -> None:
    check_digest([ROW])
    with pytest.raises(ValueError, match="a digest row"):
        check_digest([replace(ROW, dimensions=ROW.dimensions._replace(**bad))])


@pytest.mark.parametrize(
    "sums",
    [
        Sums(cost=MAX_FIGURE + 1),
        Sums(total=-MAX_FIGURE - 1),
        Sums(buckets={len(BUCKET_BOUNDS): 1}),
        Sums(buckets={-1: 1}),
        Sums(buckets={True: 1}),
        Sums(buckets={3: MAX_FIGURE + 1}),
        Sums(buckets={3: 1.5}),  # type: ignore[dict-item]
    ],
)
def test_a_digest_that_cannot_be_added_exactly_is_refused(sums: Sums) -> None:
    with pytest.raises(ValueError, match="a digest row"):
        check_digest([replace(ROW, sums=sums)])
