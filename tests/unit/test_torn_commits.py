"""A backup shows every item as it was at a moment of its own: what is restored is made whole (OPS-2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from operations.recovery.commits import LOOKED_BACK_MS, MendCommits, Mended
from shared.domain.ids import split_transaction_id
from shared.domain.ledger import Movement
from shared.reconcile.workspace import ProveWorkspace
from shared.store.items import head_from
from shared.store.ledger import DynamoLedger
from shared.store.proofs import sources_of
from shared.store.schema import head_key, log_key
from shared.store.table import Item, Put, number
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage
from tests.fakes.clock import FakeClock
from tests.fakes.table import FakeTable
from tests.folding import seeded
from tests.ledger_shop import LedgerShop
from tests.reconciling import KEY

USERS = ("alice", "bob", "carol")
SEEDS = 16


def _books(table: FakeTable, clock: FakeClock) -> dict[str, int]:
    """What the proof of journals, heads and logs finds wrong."""
    prove = ProveWorkspace(sources_of(table, clock), DynamoWorkspaces(table), KEY, cells=False)
    return prove(WORKSPACE).drift


def _unlisted(table: FakeTable) -> set[str]:
    """Accounts that no walk over the directory would find: no proof would, either."""
    items = table.items()
    known = {str(item["sk"]) for item in items if "#DIR#" in str(item["pk"])}
    return {str(item["pk"]).split("#")[3] for item in items if item["sk"] == "HEAD"} - known


def _refunded(table: FakeTable) -> dict[str, int]:
    """What has been refunded of each entry, as the next refund is checked against."""
    return {
        f"{str(item['pk']).split('#')[3]} {int(str(item['sk'])[9:])}": number(item, "am")
        for item in table.items()
        if str(item["sk"]).startswith("REFUNDED#")
    }


def _refunds(table: FakeTable) -> dict[str, int]:
    """The same from the journals."""
    sums: dict[str, int] = {}
    for item in table.items():
        if item.get("rs") == "refund":
            account_id, seq = split_transaction_id(str(item["rf"])) or ("", 0)
            sums[f"{account_id} {seq}"] = sums.get(f"{account_id} {seq}", 0) + number(item, "am")
    return sums


class Torn:
    """A shop with a past, commits around a restore point, and a table in which those are torn."""

    def __init__(self, seed: int) -> None:
        self.random = seeded(seed)
        self.shop = LedgerShop()
        self.posted: dict[str, tuple[str, Movement]] = {}
        self.acknowledged: list[str] = []
        for user in USERS[:2]:
            self.act(user, 6)
        self.shop.clock.advance(minutes=30)
        self.whole = list(self.acknowledged)
        self.marked = len(self.shop.table.changes())
        for _ in range(3):
            for user in self.random.sample(USERS, 3):
                self.act(user, self.random.randint(1, 3))
        self.since_ms = self.shop.clock.now_ms() - LOOKED_BACK_MS
        self.table = self._tear()

    def act(self, user: str, times: int) -> None:
        """Usage of one or some rows, purchases under a key, refunds of an earlier entry."""
        for _ in range(times):
            kind = self.random.choice(["use", "use", "many", "buy", "refund"])
            number = len(self.acknowledged) + len(self.posted)
            used = [
                e
                for e in self.shop.entries
                if e.log_ids and e.account_id == self.shop.account_id(user)
            ]
            if kind == "buy" or (kind == "refund" and not used):
                self.post(user, f"key-{number}", Movement("credit", "purchase", 10))
            elif kind == "refund":
                refunded = self.random.choice(used)
                of = f"tx_{refunded.account_id.removeprefix('acct_')}_{refunded.seq}"
                self.post(user, f"key-{number}", Movement("credit", "refund", 1, refund_of=of))
            else:
                rows = [
                    a_usage(f"log-{number}-{n}", user_id=user, credits=1000)
                    for n in range(1 if kind == "use" else 4)
                ]
                self.acknowledged += [row.log_id for row in rows]
                self.shop.use(user, *rows)

    def post(self, user: str, key: str, movement: Movement) -> None:
        """A movement under a key."""
        self.posted[key] = (user, movement)
        self.shop.ledger.move(WORKSPACE, user, movement, key)

    def _tear(self) -> FakeTable:
        """Each item as it was after some of its changes since the mark."""
        histories: dict[tuple[str, str], list[Item | None]] = {}
        for change in self.shop.table.changes(self.marked):
            histories.setdefault(change.key, [change.old]).append(change.new)
        items = {(str(item["pk"]), str(item["sk"])): item for item in self.shop.table.items()}
        torn = FakeTable(self.shop.clock)
        for key, item in items.items():
            shown = self.random.choice(histories.get(key, [item]))
            if shown is not None:
                torn.write(Put(dict(shown)))
        return torn

    def mend(self) -> Mended:
        """As the command does it, after its scans."""
        mend = MendCommits(self.table, self.since_ms)
        mended = mend(list(self.recent()))
        mend.forget([item for item in self.table.items() if item["sk"] == "KEY"])
        return mended

    def recent(self) -> Iterator[Item]:
        """What the scan of a table finds."""
        for item in self.table.items():
            sk = str(item["sk"])
            made = number(item, "lc" if sk == "HEAD" else "ca", 0)
            if (sk in {"HEAD", "LOG"} or sk.startswith("J#")) and made >= self.since_ms:
                yield item

    def drift(self) -> dict[str, int]:
        """What the proof of the books finds wrong."""
        return _books(self.table, self.shop.clock)


@pytest.fixture(params=range(SEEDS))
def torn(request: pytest.FixtureRequest) -> Torn:
    """A world of each seed."""
    return Torn(request.param)


def test_the_books_are_whole_and_nothing_from_before_is_lost(torn: Torn) -> None:
    torn.mend()

    assert torn.drift() == {}
    assert _unlisted(torn.table) == set()
    assert _refunded(torn.table) == _refunds(torn.table)
    keys = [log_key(WORKSPACE, log_id) for log_id in torn.whole]
    assert len(torn.table.get_many(keys)) == len(keys)


def test_sent_again_everything_is_there_once(torn: Torn) -> None:
    """Backends repeat what they were not told of, or all of it: balances are as if nothing had happened."""
    before = {
        user: torn.shop.table.get(head_key(WORKSPACE, torn.shop.account_id(user))) for user in USERS
    }
    torn.mend()
    ledger = DynamoLedger(torn.table, torn.shop.clock)

    for item in torn.shop.table.items():
        if item["sk"] == "LOG":
            log_id = str(item["pk"]).partition("#L#")[2]
            user = next(u for u in USERS if str(item["hk"]).endswith(torn.shop.account_id(u)))
            (outcome,) = ledger.record(
                WORKSPACE, [a_usage(log_id, user_id=user, credits=1000)]
            ).outcomes
            assert outcome.error is None
    for key, (user, movement) in torn.posted.items():
        if movement.refund_of is None:
            ledger.move(WORKSPACE, user, movement, key)

    assert torn.drift() == {}
    for user, then in before.items():
        if then is None:
            continue
        head = torn.table.get(head_key(WORKSPACE, torn.shop.account_id(user)))
        assert head is not None
        assert head_from(head).logs == head_from(then).logs
        assert head_from(head).totals.purchases == head_from(then).totals.purchases


def test_mending_twice_is_mending_once(torn: Torn) -> None:
    torn.mend()
    once = torn.table.items()

    again = torn.mend()

    assert torn.table.items() == once
    assert (again.undone, again.heads, again.refunds) == ([], 0, 0)


def test_the_worlds_are_torn_in_every_way() -> None:
    """Otherwise the rest proves little."""
    worlds = [Torn(seed) for seed in range(SEEDS)]
    broken: dict[str, int] = {}
    for world in worlds:
        for what in world.drift():
            broken[what] = broken.get(what, 0) + 1
    mended = [world.mend() for world in worlds]

    assert len(broken) >= 3
    assert sum(bool(each.undone) for each in mended) > SEEDS / 2
    assert sum(each.heads for each in mended) > SEEDS / 2
    assert sum(each.refunds for each in mended) > 1


def test_a_table_that_is_whole_stays_as_it_is() -> None:
    world = Torn(1)
    world.table = world.shop.table
    before = world.table.items()

    mended = world.mend()

    assert world.table.items() == before
    assert mended.accounts == len(USERS)
    assert (mended.undone, mended.heads, mended.refunds) == ([], 0, 0)
