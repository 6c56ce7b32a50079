"""A table in memory that is as strict as DynamoDB, and fails when it is told to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final, TypeVar

from shared.ports.runtime import Clock
from shared.store.schema import TTL_ATTRIBUTE, Key
from shared.store.table import (
    MAX_TRANSACTION_ITEMS,
    Check,
    ConditionFailedError,
    Delete,
    Item,
    Put,
    Query,
    QueryPage,
    Reason,
    StoreUnavailableError,
    TransactionCanceledError,
    Update,
    Write,
)
from tests.fakes.clock import FakeClock
from tests.fakes.evaluate import copied, holds, updated
from tests.fakes.faults import Call, Chaos, Fault, Script, Step, Verb
from tests.fakes.limits import (
    MAX_TRANSACTION_BYTES,
    OperandError,
    check_condition,
    check_key,
    check_write,
    item_bytes,
    refusal,
)
from tests.fakes.rows import check_bounds
from tests.fakes.storage import Address, Storage, Units, write_units
from tests.fakes.stream import ItemChange

PAGE_BYTES: Final = 1024 * 1024
MAX_TOKEN_LENGTH: Final = 36
TOKEN_MS: Final = 10 * 60_000
"""How long a transaction's token is remembered."""

T = TypeVar("T")


class FakeTable:
    """A `Table` in memory. Safe between threads: each call is one step.

    Where AWS leaves the order of rows open (equal keys in an index), it is the order of their items'
    keys. `page_bytes` is how much a query reads at once.
    """

    def __init__(self, clock: Clock | None = None, *, page_bytes: int = PAGE_BYTES) -> None:
        self._clock = clock or FakeClock()
        self._page_bytes = page_bytes
        self._lock = RLock()
        self._storage = Storage()
        self._tokens: dict[str, tuple[int, Sequence[Write]]] = {}
        self._script = Script()
        self._numbered = 0
        self.calls: Counter[Verb] = Counter()
        """How often each verb was called."""

    def get(self, key: Key) -> Item | None:
        """One item."""
        check_key(key)
        with self._call("get"):
            return self._storage.read(_address_of(key))

    def get_many(self, keys: Sequence[Key], *, eventual: bool = False) -> dict[Address, Item]:
        """Items by `(pk, sk)`."""
        for key in keys:
            check_key(key)
        with self._call("get_many"):
            found = {
                address: self._storage.read(address, eventual=eventual)
                for address in map(_address_of, keys)
            }
            return {address: item for address, item in found.items() if item is not None}

    def query(self, query: Query) -> QueryPage:
        """One page of rows."""
        check_bounds(query)
        if query.where is not None:
            keys = self._storage.keys(query.index)
            check_condition(query.where, forbidden=(keys.partition, keys.sort))
        with self._call("query"):
            return self._storage.query(query, self._page_bytes)

    def write(self, write: Put | Update | Delete) -> None:
        """One write."""
        check_write(write)
        with self._call("write", write):
            old = self._storage.peek(_address(write))
            if not holds(write.condition, old):
                self.units.writes += write_units(old)
                raise ConditionFailedError(None if old is None else copied(old))
            try:
                new = _outcome(write, old)
            except OperandError as error:
                raise refusal(str(error)) from error
            self.units.writes += write_units(old, new)
            self._storage.replace(_address(write), new, at_ms=self._clock.now_ms())

    def update(self, update: Update) -> Item:
        """One unconditional update, and the item right after it."""
        assert update.condition is None
        with self._lock:
            self.write(update)
            item = self._storage.peek(_address_of(update.key))
            assert item is not None
            return copied(item)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        """All of the writes or none."""
        _check_transaction(writes, token)
        with self._call("transact", *writes):
            now_ms = self._clock.now_ms()
            if self._repeats(token, writes, now_ms):
                return
            results = [self._attempt(write) for write in writes]
            for write, (_, new) in zip(writes, results, strict=True):
                self.units.writes += 2 * write_units(self._storage.peek(_address(write)), new)
            reasons = [reason for reason, _ in results]
            if any(reason.code for reason in reasons):
                raise TransactionCanceledError(reasons)
            for write, (_, new) in zip(writes, results, strict=True):
                if not isinstance(write, Check):
                    self._storage.replace(_address(write), new, at_ms=now_ms)
            self._tokens[token] = (now_ms, tuple(writes))

    def _repeats(self, token: str, writes: Sequence[Write], now_ms: int) -> bool:
        """Whether a transaction was committed under the token lately."""
        committed_ms, first = self._tokens.get(token, (-TOKEN_MS, ()))
        if now_ms - committed_ms >= TOKEN_MS:
            return False
        if tuple(writes) != first:
            raise refusal(
                "The request uses the same token with other parameters",
                code="IdempotentParameterMismatchException",
            )
        return True

    def _attempt(self, write: Write) -> tuple[Reason, Item | None]:
        """What one write of a transaction would come to: a reason against it, or the new item."""
        old = self._storage.peek(_address(write))
        if not holds(write.condition, old):
            item = None if old is None else copied(old)
            return Reason("ConditionalCheckFailed", item), old
        try:
            return Reason(None), _outcome(write, old)
        except OperandError:
            return Reason("ValidationError"), old

    @property
    def units(self) -> Units:
        """Request units used up so far."""
        return self._storage.units

    def items(self) -> list[Item]:
        """All items, in key order."""
        with self._lock:
            return self._storage.items()

    def stream_records(self, since: int = 0) -> list[dict[str, Any]]:
        """Records of the changes so far, without the first `since`; unchanged items leave none."""
        with self._lock:
            return [change.record for change in self._storage.changes[since:]]

    def bring_back(self, items: Iterable[Item]) -> None:
        """Be the table that a backup makes: with these items, and a stream that has nothing yet."""
        with self._lock:
            self._storage = Storage()
            for item in items:
                address = str(item["pk"]), str(item["sk"])
                self._storage.replace(address, item, at_ms=self._clock.now_ms())
            self._storage.changes.clear()

    def changes(self, since: int = 0) -> list[ItemChange]:
        """The same changes, for whoever wants the records of some of them only."""
        with self._lock:
            return self._storage.changes[since:]

    @property
    def changed(self) -> int:
        """How many changes there were so far."""
        with self._lock:
            return len(self._storage.changes)

    def expire(self) -> int:
        """Remove the items past their time to live, as the table does by and by. Returns how many."""
        with self._lock:
            now_ms = self._clock.now_ms()
            dead = [item for item in self._storage.items() if _expired(item, now_ms)]
            for item in dead:
                address = str(item["pk"]), str(item["sk"])
                self._storage.replace(address, None, at_ms=now_ms, ttl=True)
            return len(dead)

    def meet(self, verb: Verb, *steps: Step) -> None:
        """Let the next calls of a verb meet these steps, one each: a fault, None, or a function.

        A function is run just before its call, free to use the table: somebody else's work in between.
        """
        with self._lock:
            self._script.line_up(verb, steps)

    def meet_chaos(self, chaos: Chaos | None) -> None:
        """Let each call without a step lined up meet what a function says (None: nothing)."""
        with self._lock:
            self._script.chaos = chaos

    @contextmanager
    def _call(self, verb: Verb, *writes: Write) -> Iterator[None]:
        """One call: count it, let it meet its step, and hold the lock while it is answered."""
        with self._lock:
            self._numbered += 1
            self.calls[verb] += 1
            step = self._script.next(Call(self._numbered, verb, writes))
        if step is not None and not isinstance(step, Fault):
            step()
            step = None
        if step in _BEFORE:
            self._fail(step, writes if verb == "transact" else ())
        try:
            with self._lock:
                yield
        except (ConditionFailedError, TransactionCanceledError) as error:
            if step is Fault.TIMEOUT_AFTER:
                raise StoreUnavailableError("the answer was lost") from error
            if step is Fault.SHORT_REASONS and isinstance(error, TransactionCanceledError):
                raise TransactionCanceledError(_shortened(error.reasons)) from error
            raise
        if step is Fault.TIMEOUT_AFTER:
            raise StoreUnavailableError("the answer was lost")

    def _fail(self, fault: Fault | None, transaction: Sequence[Write]) -> None:
        codes = {Fault.CONFLICT: "TransactionConflict", Fault.THROTTLED: "ThrottlingError"}
        if fault not in codes or not transaction:
            raise StoreUnavailableError(str(fault))
        with self._lock:
            olds = [self._storage.peek(_address(write)) for write in transaction]
            self.units.writes += sum(2 * write_units(old) for old in olds)
        others = [Reason(None)] * (len(transaction) - 1)
        raise TransactionCanceledError([*others, Reason(codes[fault])])


_BEFORE: Final = frozenset({Fault.CONFLICT, Fault.THROTTLED, Fault.TIMEOUT_BEFORE})


def _check_transaction(writes: Sequence[Write], token: str) -> None:
    if not 0 < len(writes) <= MAX_TRANSACTION_ITEMS:
        raise refusal("Member must have length between 1 and 100")
    if not 0 < len(token) <= MAX_TOKEN_LENGTH:
        raise refusal("Member must have length between 1 and 36")
    for write in writes:
        check_write(write)
    if len({_address(write) for write in writes}) < len(writes):
        raise refusal("Transaction request cannot include multiple operations on one item")
    size = sum(item_bytes(write.item) for write in writes if isinstance(write, Put))
    if size > MAX_TRANSACTION_BYTES:
        raise refusal("Transaction request cannot be larger than 4 MB")


def _outcome(write: Write, old: Item | None) -> Item | None:
    """The item after a write whose condition holds."""
    if isinstance(write, Put):
        return copied(write.item)
    if isinstance(write, Update):
        return updated(old, write)
    return old if isinstance(write, Check) else None


def _address(write: Write) -> Address:
    if isinstance(write, Put):
        return str(write.item["pk"]), str(write.item["sk"])
    return _address_of(write.key)


def _address_of(key: Key) -> Address:
    return key["pk"], key["sk"]


def _expired(item: Item, now_ms: int) -> bool:
    ttl = item.get(TTL_ATTRIBUTE)
    return type(ttl) is int and ttl * 1000 < now_ms


def _shortened(reasons: Sequence[Reason]) -> list[Reason]:
    first = next(number for number, reason in enumerate(reasons) if reason.code)
    return [reason if number == first else Reason(None) for number, reason in enumerate(reasons)]
