"""Erasing users: one transaction cuts the user's id off the account, then the texts go in steps.

What stays is what the books are made of: figures, hashes, commitments without their salts, the nonces
that hashes cover. Fingerprints of bodies go too: keyed with a nonce that stays, they would tell whether
somebody guessed the id or a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.calendar import local_day
from shared.domain.erasure import Erasure, ErasureStatus
from shared.domain.errors import ConflictRetryError, NotFoundError
from shared.domain.head import Head
from shared.domain.ids import uuid7
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock, Spread
from shared.ports.workspaces import Workspaces
from shared.store.directory import ERASED, LISTED_AS, DynamoDirectory, account_of
from shared.store.idempotency import forget_body
from shared.store.items import head_item
from shared.store.movements import SCOPE
from shared.store.schema import (
    MAX_SEQ,
    SCHEMA_VERSION,
    USAGE,
    account_pk,
    directory_key,
    entry_key,
    entry_sk,
    erasure_key,
    head_key,
    log_key,
    workspace_key,
)
from shared.store.table import (
    NEW_ITEM,
    Absent,
    AllOf,
    ConditionFailedError,
    Equal,
    Item,
    Present,
    Put,
    Query,
    Table,
    TransactionCanceledError,
    Update,
    Write,
    known,
    number,
    optional_text,
    readable,
    rows,
    text,
    texts,
)
from shared.store.under_way import marks

ATTEMPTS: Final = 8
"""Two erasures of one user, or one and the user's first movement, settle when the first is through."""

ENTRIES_AT_ONCE: Final = 50
"""Entries whose texts go in one step: at most some 5,000 logs."""

LOG_TEXTS: Final = ("md", "rq", "fp")
ENTRY_TEXTS: Final = ("nt", "md", "sa", "ik")
STATUSES: Final[dict[str, ErasureStatus]] = {"running": "running", "done": "done"}


class DynamoErasures:
    """Erasures in the table. `spread` does several writes side by side."""

    def __init__(self, table: Table, workspaces: Workspaces, clock: Clock, spread: Spread) -> None:
        self._table = table
        self._workspaces = workspaces
        self._directory = DynamoDirectory(table)
        self._clock = clock
        self._spread = spread

    def get(self, workspace_id: str, account_id: str) -> Erasure | None:
        """The erasure of an account's user."""
        item = self._table.get(erasure_key(workspace_id, account_id))
        return None if item is None else _erasure_from(workspace_id, item)

    def begin(self, workspace_id: str, user_id: str) -> Erasure:
        """Cut a user's id off the account, at once and for good; an account's own id does as well.

        A repeat gives the erasure that there is, running again where the account has moved since.

        Raises:
            NotFoundError: nobody has heard of the user.
            ConflictRetryError: others kept changing the same items.
        """
        for _ in range(ATTEMPTS):
            workspace = self._workspaces.get(workspace_id)
            account_id, generation = self._directory.generation_of(workspace, user_id)
            person = self._table.get(directory_key(workspace_id, account_id))
            if person is None and generation:
                account_id = account_of(workspace.secret, user_id, generation - 1)
                person = self._table.get(directory_key(workspace_id, account_id))
            if person is None:
                raise NotFoundError("There is no such user.")
            if ERASED in person:
                erasure, writes = self._again(workspace_id, account_id)
            else:
                erasure, writes = self._first(workspace, person)
            if not writes:
                return erasure
            with suppress(TransactionCanceledError):
                self._table.transact(writes, self._clock.random_bytes(16).hex())
                return erasure
        raise ConflictRetryError("Others are changing the same user; please repeat the request.")

    def _first(self, workspace: Workspace, person: Item) -> tuple[Erasure, list[Write]]:
        """An erasure that begins, and the writes that cut the id off the account."""
        workspace_id, account_id = workspace.workspace_id, text(person, "sk")
        _, generation = self._directory.generation_of(workspace, text(person, "uid"))
        erasure = self._new(workspace_id, account_id)
        listed = {LISTED_AS: account_id} if LISTED_AS in person else {}
        writes: list[Write] = [
            Put(_erasure_item(erasure, erasure.at_ms), NEW_ITEM),
            self._marked(workspace_id, account_id, generation + 1),
            Update(
                directory_key(workspace_id, account_id),
                assign={ERASED: True, **listed},
                remove=("uid",),
                condition=AllOf((Present("uid"), _as_found(person))),
            ),
            Update(workspace_key(workspace_id), add={"en": 1}),
        ]
        if generation:
            # The first account leads to the latest one without a stop at those between.
            first = account_of(workspace.secret, text(person, "uid"))
            writes.append(Update(head_key(workspace_id, first), assign={"nx": generation + 1}))
        return erasure, writes

    def _marked(self, workspace_id: str, account_id: str, generation: int) -> Write:
        """The mark at the head by which commits under way fail; without a head, one for the mark."""
        key = head_key(workspace_id, account_id)
        if self._table.get(key) is None:
            blank = Head(workspace_id, account_id, next_generation=generation)
            return Put(head_item(blank), NEW_ITEM)
        unmarked = AllOf((Present("seq"), Absent("nx")))
        return Update(key, assign={"nx": generation}, condition=unmarked)

    def _again(self, workspace_id: str, account_id: str) -> tuple[Erasure, list[Write]]:
        """The erasure that there is; with a write, where it is to run again."""
        before = self.get(workspace_id, account_id)
        assert before is not None
        head = self._table.get(head_key(workspace_id, account_id))
        assert head is not None
        if before.status == "running" or number(head, "seq") <= before.done_seq:
            return before, []
        again = replace(self._new(workspace_id, account_id), done_seq=before.done_seq)
        unchanged = Equal("id", before.erasure_id)
        return again, [Put(_erasure_item(again, again.at_ms), unchanged)]

    def _new(self, workspace_id: str, account_id: str) -> Erasure:
        now_ms = self._clock.now_ms()
        erasure_id = f"er_{uuid7(now_ms, self._clock.random_bytes)}"
        return Erasure(workspace_id, account_id, erasure_id, now_ms)

    def steps(self, erasure: Erasure) -> Iterator[Erasure]:
        """Take the texts of the journal and its logs away, some entries a step, from where it stands.

        Each step is safe to repeat. It is written down before the erasure that it made is given out.
        """
        query = Query(
            account_pk(erasure.workspace_id, erasure.account_id),
            low=entry_sk(erasure.done_seq + 1),
            high=entry_sk(MAX_SEQ),
            limit=ENTRIES_AT_ONCE,
        )
        step: list[Item] = []
        for item in rows(self._table, query):
            step.append(item)
            if len(step) == ENTRIES_AT_ONCE:
                erasure, step = self._step(erasure, step), []
                yield erasure
        if step:
            yield self._step(erasure, step)

    def _step(self, erasure: Erasure, entries: Sequence[Item]) -> Erasure:
        workspace_id = erasure.workspace_id
        log_ids = chain.from_iterable(texts(entry, "ids") for entry in entries)
        self._remove(Update(log_key(workspace_id, i), remove=LOG_TEXTS) for i in log_ids)
        # An entry leads to what is remembered of its request, so its own texts go last.
        posted = [key for entry in entries if (key := optional_text(entry, "ik")) is not None]
        self._remove(forget_body(workspace_id, SCOPE, key) for key in posted)
        noted = [number(entry, "seq") for entry in entries if {"nt", "md", "ik"} & entry.keys()]
        self._remove(
            Update(entry_key(workspace_id, erasure.account_id, seq), remove=ENTRY_TEXTS)
            for seq in noted
        )
        done = replace(erasure, done_seq=number(entries[-1], "seq"))
        self._save(done)
        return done

    def _remove(self, updates: Iterator[Update]) -> None:
        """Write the updates of what is there; what is not there (any more) is not made."""

        def remove(update: Update) -> None:
            with suppress(ConditionFailedError):
                self._table.write(replace(update, condition=Present("v")))

        for _ in self._spread(remove, updates):
            pass

    def days(self, erasure: Erasure, zone: ZoneInfo) -> list[str]:
        """The local days on which the account's logs were committed, after the last that is done with."""
        query = Query(
            account_pk(erasure.workspace_id, erasure.account_id),
            low=entry_sk(1),
            high=entry_sk(MAX_SEQ),
            only=("ca", "rs"),
        )
        usage = (item for item in rows(self._table, query) if item["rs"] == USAGE)
        days = {local_day(number(item, "ca"), zone) for item in usage}
        return sorted(day for day in days if day > erasure.archived_day)

    def passed(self, erasure: Erasure, day: str) -> Erasure:
        """Write down that the archive has none of the texts up to a day."""
        done = replace(erasure, archived_day=day)
        self._save(done)
        return done

    def finish(self, erasure: Erasure) -> None:
        """Write down that nothing is left to do."""
        self._save(replace(erasure, status="done"))

    def _save(self, erasure: Erasure) -> None:
        """Write down how far an erasure is, unless it is over or another run began."""
        current = AllOf((Equal("id", erasure.erasure_id), Equal("st", "running")))
        with suppress(ConditionFailedError):
            self._table.write(Put(_erasure_item(erasure, self._clock.now_ms()), current))


def _as_found(person: Item) -> Absent | Equal:
    """The user's entry is listed as it was when it was read."""
    return Equal(LISTED_AS, text(person, LISTED_AS)) if LISTED_AS in person else Absent(LISTED_AS)


def _erasure_item(erasure: Erasure, now_ms: int) -> Item:
    key = erasure_key(erasure.workspace_id, erasure.account_id)
    return {
        **key,
        **marks(key, erasure.status),
        "v": SCHEMA_VERSION,
        "id": erasure.erasure_id,
        "ca": erasure.at_ms,
        "ua": now_ms,
        "st": erasure.status,
        "sq": erasure.done_seq,
        "ad": erasure.archived_day,
    }


def _erasure_from(workspace_id: str, item: Item) -> Erasure:
    readable(item)
    return Erasure(
        workspace_id,
        text(item, "sk"),
        text(item, "id"),
        number(item, "ca"),
        known(STATUSES, text(item, "st")),
        number(item, "sq"),
        optional_text(item, "ad") or "",
    )
