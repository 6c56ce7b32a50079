"""Faults put into the product on purpose, each with a seed whose world shows it."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutant import Mutant
from tests.simulation.mutations_of_books import OF_BOOKS
from tests.simulation.mutations_of_repair import OF_REPAIR
from tests.simulation.mutations_of_work import OF_WORK

_PRIVATE: Final = "            self._add_private(runs)\n"
_SHARED: Final = "            reached = self._add_shared(runs, report)\n"
_PUBLISH: Final = "        outcome = self._topic.publish("

_FOUND_FIRST: Final = (
    Mutant(
        "an entry names the rows that were refused, too",
        "1 atomic",
        "shared/domain/ledger.py",
        (("tuple(log.log_id for log in logs)", "tuple(row.log_id for row in rows)"),),
        1,
    ),
    Mutant(
        "a log is written over one of the same id",
        "2 once",
        "shared/store/commit.py",
        (("Put(log_item(log), NEW_ITEM)", "Put(log_item(log))"),),
        1,
    ),
    Mutant(
        "a movement forgets its idempotency key",
        "2 once",
        "shared/store/movements.py",
        (("claims = (record_put(", "claims = () and (record_put("),),
        4,
    ),
    Mutant(
        "head and entry are written whatever stands there",
        "3 gapless",
        "shared/store/commit.py",
        (
            ("Put(head_item(applied.head), _as_read(expected))", "Put(head_item(applied.head))"),
            ("Put(entry, NEW_ITEM), *extras.others", "Put(entry), *extras.others"),
        ),
        6,
    ),
    Mutant(
        "createdAt follows the instance's clock, also backwards",
        "3 gapless",
        "shared/domain/ledger.py",
        (("max(moment.now_ms, head.last_created_ms)", "moment.now_ms"),),
        3,
    ),
    Mutant(
        "cursors move before private cells are written",
        "4 one truth",
        "functions/aggregate/service.py",
        (
            (
                f"{_PRIVATE}{_SHARED}",
                f"{_SHARED}{_PRIVATE}",
            ),
        ),
        3,
    ),
    Mutant(
        "a row may cost one credit more than there is",
        "5 never overdrawn",
        "shared/domain/ledger.py",
        (("log.credits > max(head.balance, 0):", "log.credits > max(head.balance, 0) + 1:"),),
        6,
    ),
    Mutant(
        "refunds of one entry do not see each other",
        "5 never overdrawn",
        "shared/store/movements.py",
        (("refunded=so_far), (guard,)", "refunded=so_far), ()"),),
        4,
    ),
    Mutant(
        "logs of all workspaces share their ids",
        "6 isolated",
        "shared/store/schema.py",
        (('f"{workspace_pk(workspace_id)}#L#{log_id}"', 'f"W#all#L#{log_id}"'),),
        1,
    ),
    Mutant(
        "a row is refused before anybody asks whether it is a repeat",
        "7 nothing lost",
        "shared/store/recording.py",
        (("        if applied.refused:\n", "        if applied.refused and False:\n"),),
        9,
    ),
    Mutant(
        "an alert is taken out of the outbox before it is published",
        "7 nothing lost",
        "functions/alerts/delivery.py",
        (
            (
                _PUBLISH,
                f"        self._outbox.mark_sent(alert, self._clock.now_ms())\n{_PUBLISH}",
            ),
        ),
        1,
    ),
    Mutant(
        "an own commit whose answer got lost is told as a repeat",
        "2 once",
        "shared/store/recording.py",
        (("elif log.nonce in self._own_nonces:", "elif log.nonce in ():"),),
        112,
    ),
    Mutant(
        "an alert's id is the same whatever its limit was",
        "2 once",
        "shared/domain/alerts.py",
        (("            str(self.revision),\n", ""),),
        1,
    ),
    Mutant(
        "a head counts commits in the place of logs",
        "3 gapless",
        "shared/domain/ledger.py",
        (("logs=head.logs + len(logs)", "logs=head.logs + 1"),),
        1,
    ),
    Mutant(
        "a commit does not see that its user was erased",
        "3 gapless",
        "shared/store/commit.py",
        (
            (
                '    return AllOf((Equal("seq", expected.seq), mark))',
                '    return Equal("seq", expected.seq)',
            ),
        ),
        59,
    ),
    Mutant(
        "an entry without a salt is not provable any more",
        "3 gapless",
        "shared/domain/journal.py",
        (("    if not entry.salt:\n", "    if False:\n"),),
        29,
    ),
    Mutant(
        "a cursor moves from wherever it stands",
        "4 one truth",
        "shared/store/cell_writer.py",
        (
            (
                "Put(cursor_item(place, move.end), _cursor_at(move.start))",
                "Put(cursor_item(place, move.end))",
            ),
        ),
        1,
    ),
    Mutant(
        "a cursor moves although its cells were not written",
        "4 one truth",
        "shared/store/cell_writer.py",
        (("for key in sorted(commit.deltas)\n", "for key in sorted(commit.deltas)[1:]\n"),),
        1,
    ),
    Mutant(
        "a private cell takes an entry that is in it",
        "4 one truth",
        "shared/store/cell_items.py",
        (("condition=AnyOf((Absent(UP_TO), Below(UP_TO, touches[0][0]))),", ""),),
        1,
    ),
    Mutant(
        "the last part of a wide entry is skipped",
        "4 one truth",
        "shared/domain/folding.py",
        (("parts = -(-len(ordered) // PART_CELLS)", "parts = len(ordered) // PART_CELLS"),),
        2,
    ),
    Mutant(
        "the folding skips what the stream did not bring",
        "4 one truth",
        "functions/aggregate/service.py",
        (
            (
                "                self._fill(place, seq, target)\n",
                "                seq = min(number for number in target.known if number > seq)\n",
            ),
        ),
        4,
    ),
    Mutant(
        "an account that is set aside is never taken up again",
        "4 one truth",
        "shared/store/cell_writer.py",
        (("        self._write(Delete(_parked_key(place)))", "        del place"),),
        16,
    ),
    Mutant(
        "an export leaves out the newest transaction",
        "4 one truth",
        "functions/export/by_account.py",
        (("last = head.seq if", "last = head.seq - 1 if"),),
        3,
    ),
    Mutant(
        "an erasure leaves the fingerprints of bodies",
        "4 one truth",
        "shared/store/erasures.py",
        (
            (
                "self._remove(Update(log_key(workspace_id, i), remove=LOG_TEXTS)",
                "self._remove(Update(log_key(workspace_id, i), remove=LOG_TEXTS[:2])",
            ),
        ),
        5,
    ),
    Mutant(
        "a commit is not counted on the workspace's budgets",
        "5 never overdrawn",
        "shared/store/recording.py",
        (("others=(*extras.others, *self._counting(applied))", "others=(*extras.others,)"),),
        8,
    ),
    Mutant(
        "a limit of each user lets one request too many through",
        "5 never overdrawn",
        "shared/domain/limits.py",
        (
            (
                "before.plus(log).of(block.metric) <= block.limit",
                "before.of(block.metric) <= block.limit",
            ),
        ),
        8,
    ),
    Mutant(
        "a raised limit is not told to the ledger",
        "5 never overdrawn",
        "shared/store/thresholds.py",
        (("            own = new.blocks() if", "            own = (old or new).blocks() if"),),
        18,
    ),
    Mutant(
        "a threshold that is changed keeps when it was armed first",
        "7 nothing lost",
        "shared/domain/thresholds.py",
        (
            (
                "return Arming(arming.revision + 1, at_ms)",
                "return Arming(arming.revision, arming.since_ms)",
            ),
        ),
        1,
    ),
    Mutant(
        "a test that is asked for twice is two",
        "2 once",
        "shared/store/alerts.py",
        (
            (
                "        if key is None:\n            self._table.write(put)",
                "        if key:\n            self._table.write(put)",
            ),
        ),
        3,
    ),
)

MUTANTS: Final = (*_FOUND_FIRST, *OF_BOOKS, *OF_WORK, *OF_REPAIR)
