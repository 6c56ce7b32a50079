"""Faults of apply, the commit, the fold and the cursor."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutant import Mutant

OF_BOOKS: Final = (
    Mutant(
        "usage that is too old to tell a repeat of is taken",
        "2 once",
        "shared/domain/ledger.py",
        (("if log.occurred_ms < horizon_ms:", "if False:"),),
        4,
    ),
    Mutant(
        "usage of the next day is forgotten when that day comes",
        "3 gapless",
        "shared/domain/head.py",
        (("today = head.tomorrow if follows else ZERO", "today = ZERO"),),
        33,
    ),
    Mutant(
        "a purchase leaves an account on the day before",
        "3 gapless",
        "shared/domain/ledger.py",
        (
            (
                "head.rolled(local_day_hour(created_ms, terms.zone)[0]), balance=entry.balance_after",
                "head, balance=entry.balance_after",
            ),
        ),
        2,
    ),
    Mutant(
        "usage counts on the hour in which it is told",
        "4 one truth",
        "shared/domain/ledger.py",
        (
            (
                "day, hour = local_day_hour(log.occurred_ms, terms.zone)",
                "day, hour = local_day_hour(log.occurred_ms, terms.zone)[0], created_ms // 3_600_000 % 24",
            ),
        ),
        1,
    ),
    Mutant(
        "a debit may take one credit more than there is",
        "5 never overdrawn",
        "shared/domain/ledger.py",
        (("and movement.amount > head.balance:", "and movement.amount > head.balance + 1:"),),
        14,
    ),
    Mutant(
        "a commit whose fate is unknown is told as written",
        "7 nothing lost",
        "shared/store/commit.py",
        (
            (
                "            if attempt == AMBIGUOUS_ATTEMPTS:\n                raise",
                "            if attempt == AMBIGUOUS_ATTEMPTS:\n                return Committed()",
            ),
        ),
        33,
    ),
    Mutant(
        "a cursor forgets which part of a wide entry it is at",
        "4 one truth",
        "shared/store/fold_items.py",
        (
            (
                'return Cursor(number(item, "seq"), number(item, "part"))',
                'return Cursor(number(item, "seq"))',
            ),
        ),
        2,
    ),
    Mutant(
        "a cursor moves whatever part of a wide entry it is at",
        "4 one truth",
        "shared/store/cell_writer.py",
        (
            (
                'AllOf((Equal("seq", cursor.seq), Equal("part", cursor.part)))',
                'Equal("seq", cursor.seq)',
            ),
        ),
        2,
    ),
    Mutant(
        "a wide entry is gone on with from its first part",
        "4 one truth",
        "shared/domain/folding.py",
        (
            (
                "in range(cursor.part, parts):\n        start = Cursor(cursor.seq, part)",
                "in range(parts):\n        start = Cursor(cursor.seq, part) if part else cursor",
            ),
        ),
        2,
    ),
    Mutant(
        "figures change, and nobody who remembers them is told",
        "4 one truth",
        "shared/store/cell_writer.py",
        (("        writes.append(bumped(workspace_id, self._clock.now_ms()))\n", ""),),
        1,
    ),
    Mutant(
        "an account is set aside at an entry that others have folded",
        "4 one truth",
        "shared/store/cell_writer.py",
        (("            Check(_cursor_key(place), _cursor_at(cursor)),\n", ""),),
        98,
    ),
)
