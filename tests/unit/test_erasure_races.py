"""SEC-5 under fire: erasures among commits, customers and exports under way, crashes between any two steps.

Each test lets something happen just before the first table call of an action, then the second, and so on
until there are no more: every interleaving with a single cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from functions.erasure.service import ClearExports
from functions.export.jobs import SupersededError
from shared.domain.erasure import Erasure
from shared.domain.errors import ConflictRetryError, NotFoundError
from shared.domain.exports import Export
from shared.domain.ids import account_id_of
from shared.domain.journal import Entry
from shared.store.schema import account_pk, logs_history
from shared.store.table import StoreUnavailableError, Table
from tests.erasing import PERSON, Registry, raw_text
from tests.exports import ADMIN, Message
from tests.factories import WORKSPACE
from tests.fakes.export_ports import MemoryFiles
from tests.fakes.faults import Fault, Step
from tests.folding import AtCall, CrashError, crash, interleave, seeded

MANY = 200
"""More table calls than any of these actions makes."""


def at_every_call(
    prepare: Callable[[], Registry],
    step: Callable[[Registry], Step],
    act: Callable[[Registry], object],
) -> Iterator[Registry]:
    """The registry after an action that met a step at its first call, then at its second, and so on."""
    for k in range(1, MANY):
        registry = prepare()
        cut = AtCall(k, step(registry))
        registry.table.meet_chaos(cut)
        act(registry)
        registry.table.meet_chaos(None)
        if not cut.met:
            assert k > 2, "the action has hardly any calls"
            return
        yield registry
    raise AssertionError("there is no end to the calls")


def settled() -> Registry:
    registry = Registry()
    registry.settle_in(logs=3)
    return registry


def newcomer() -> Registry:
    """Somebody registered who has no books yet."""
    registry = Registry()
    registry.register(PERSON, "Mallory Archer")
    return registry


def accounts(registry: Registry) -> tuple[str, str]:
    """The person's first and second account."""
    secret = registry.workspace.secret
    return account_id_of(secret, PERSON), account_id_of(secret, PERSON, 1)


def texts_of(registry: Registry, account_id: str) -> bytes:
    """Everything that stands in an account's items and its logs'."""
    places = {account_pk(WORKSPACE, account_id), logs_history(WORKSPACE, account_id)}
    found = [i for i in registry.table.items() if i["pk"] in places or i.get("hk") in places]
    return b"\0".join(raw_text(item) for item in found)


def assert_apart(registry: Registry) -> None:
    """Nothing that was noted of the person stands with the old account, and both add up."""
    old, new = accounts(registry)
    known = registry.directory.user_of(WORKSPACE, old)
    assert known is None
    for word in (b"mallory", b"Mallory", b"Bern", b"window"):
        assert word not in texts_of(registry, old)
    for account_id in (old, new):
        if registry.accounts.head(WORKSPACE, account_id) is not None:
            assert registry.verified(account_id).first_bad_seq is None


def erasing(registry: Registry) -> Callable[[], object]:
    return registry.erased


@pytest.mark.parametrize("prepare", [settled, newcomer])
def test_usage_under_way_lands_wholly_before_the_erasure_or_in_the_new_account(
    prepare: Callable[[], Registry],
) -> None:
    rows = [f"race-{n}" for n in range(3)]

    def record(registry: Registry) -> None:
        usage = [registry.usage_of(log_id) for log_id in rows]
        outcomes = registry.ledger.record(WORKSPACE, usage).outcomes
        assert {outcome.status for outcome in outcomes} == {"created"}

    homes = set()
    for registry in at_every_call(prepare, erasing, record):
        assert_apart(registry)
        found = [registry.logs.get(WORKSPACE, log_id) for log_id in rows]
        (home,) = {log.account_id for log in found if log is not None}
        homes.add(home)
        seqs = [e.log_ids for e in registry.entries_of(home) if set(e.log_ids) & set(rows)]
        assert sorted(log_id for ids in seqs for log_id in ids) == rows
    assert homes == {accounts(registry)[1]}


def test_the_answer_to_usage_that_got_lost_is_the_same_whatever_was_erased_meanwhile() -> None:
    for registry in at_every_call(
        settled,
        erasing,
        lambda r: r.ledger.record(WORKSPACE, [r.usage_of("log-0"), r.usage_of("fresh")]),
    ):
        assert_apart(registry)
        assert sorted(booked(registry)) == ["fresh", "log-0", "log-1", "log-2"]


def journals(registry: Registry) -> list[Entry]:
    """The entries of both accounts."""
    known = [a for a in accounts(registry) if registry.accounts.head(WORKSPACE, a) is not None]
    return [entry for account_id in known for entry in registry.entries_of(account_id)]


def booked(registry: Registry) -> list[str]:
    """The logs that stand in either journal."""
    return [log_id for entry in journals(registry) for log_id in entry.log_ids]


@pytest.mark.parametrize("prepare", [settled, newcomer])
def test_a_movement_under_way_is_posted_once_with_its_note_on_one_side(
    prepare: Callable[[], Registry],
) -> None:
    for registry in at_every_call(prepare, erasing, lambda r: r.post(PERSON, key="race")):
        assert_apart(registry)
        (claim,) = [i for i in registry.table.items() if str(i["pk"]).endswith("#race")]
        posted = [entry for entry in journals(registry) if entry.nonce == claim["nn"]]
        assert [entry.account_id for entry in posted] == [accounts(registry)[1]]


def test_a_customer_registered_meanwhile_leaves_no_name_behind() -> None:
    def register(registry: Registry) -> None:
        with suppress(ConflictRetryError):
            registry.register(PERSON, "Mallory Archer")

    for registry in at_every_call(settled, erasing, register):
        old, new = accounts(registry)
        assert registry.workspaces.customer(WORKSPACE, old) is None
        assert registry.directory.user_of(WORKSPACE, old) is None
        customer = registry.workspaces.customer(WORKSPACE, new)
        assert registry.workspaces.customers_total(WORKSPACE) == (0 if customer is None else 1)


@pytest.mark.parametrize(
    "step", [crash, Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.THROTTLED, Fault.CONFLICT]
)
def test_after_a_crash_between_any_two_steps_a_repeat_finishes_it(step: Step) -> None:
    def broken_off(registry: Registry) -> None:
        with suppress(CrashError, StoreUnavailableError):
            registry.erased()

    for registry in at_every_call(settled, lambda _: step, broken_off):
        old, _ = accounts(registry)
        proof = registry.verified(old)
        assert proof.first_bad_seq is None
        assert proof.entries == 3

        registry.erased()

        assert registry.traces() == set()
        assert registry.verified(old) == proof
        assert registry.erase.ask(WORKSPACE, PERSON).status == "done"
        assert registry.now_workspace().erasures == 1
        assert registry.workspaces.customers_total(WORKSPACE) == 0


@pytest.mark.parametrize("seed", range(25))
def test_two_erasures_at_once_are_one(seed: int) -> None:
    registry = settled()
    account_id = registry.account(PERSON)

    def job(name: str) -> Callable[[Table], object]:
        def run(table: Table) -> None:
            erase = registry.eraser(table)
            with suppress(NotFoundError):
                asked = erase.ask(WORKSPACE, name)
                erase.go_on(WORKSPACE, asked.account_id, 900_000)

        return run

    interleave(registry.table, [job(PERSON), job(account_id), job(PERSON)], seeded(seed))

    assert registry.now_workspace().erasures == 1
    assert registry.traces() == set()
    assert registry.erase.ask(WORKSPACE, PERSON).status == "done"
    assert registry.verified(account_id).first_bad_seq is None


@pytest.mark.parametrize("seed", range(25))
def test_recording_beside_an_erasure_loses_and_doubles_nothing(seed: int) -> None:
    registry = settled()
    recorded: list[str] = []

    def record(batch: int) -> Callable[[Table], object]:
        def run(table: Table) -> None:
            ledger = type(registry.ledger)(table, registry.clock)
            rows = [registry.usage_of(f"b{batch}-{n}") for n in range(4)]
            for outcome in ledger.record(WORKSPACE, rows).outcomes:
                assert outcome.status == "created"
                assert outcome.log is not None
                recorded.append(outcome.log.log_id)

        return run

    def erase(table: Table) -> None:
        eraser = registry.eraser(table)
        asked = eraser.ask(WORKSPACE, PERSON)
        eraser.go_on(WORKSPACE, asked.account_id, 900_000)

    interleave(registry.table, [record(0), erase, record(1)], seeded(seed))

    assert_apart(registry)
    assert sorted(booked(registry)) == sorted([*recorded, "log-0", "log-1", "log-2"])
    assert len(recorded) == 8


def test_an_export_under_way_shows_nothing_that_was_erased() -> None:
    def export(registry: Registry) -> None:
        registry.transactions(ADMIN)

    for registry in at_every_call(settled, erasing, export):
        registry.workspace = registry.now_workspace()
        for _, export_id in registry.queue.sent:
            registry.jobs.all([Message(export_id).taken()], 900_000)
        assert registry.traces() == set()
        done = list(registry.store.newest(WORKSPACE, None))
        assert {export.status for export in done} == {"done"}


class LateFiles(MemoryFiles):
    """Files among which an export's last one lands right after they have been looked through."""

    def __init__(self, land: Callable[[], object]) -> None:
        super().__init__()
        self._land = land

    def keys(self, prefix: str) -> Iterator[str]:
        found = list(super().keys(prefix))
        self._land()
        return iter(found)


def test_an_export_that_is_done_while_files_are_looked_through_leaves_none() -> None:
    registry = settled()
    running = replace(registry.transactions(ADMIN), export_id=LATER_ID, status="running")
    done = replace(running, status="done")
    registry.store.create(running)

    def land() -> None:
        files.content[done.data_key] = PERSON.encode()
        assert registry.store.save(done, running)

    files = LateFiles(land)
    files.content = registry.files.content
    clear = ClearExports(registry.store, files)
    clear(Erasure(WORKSPACE, registry.account(PERSON), "er_1", 0), clear.asked(WORKSPACE))

    assert done.data_key not in files.content
    assert registry.store.get(WORKSPACE, LATER_ID) is None


LATER_ID = "0fffffff-ffff-7fff-8fff-ffffffffffff"


def test_an_export_that_is_asked_for_after_an_erasure_stays_whoever_else_is_still_at_it() -> None:
    """Each time somebody asks for an erasure that runs, one more job is sent: they run side by side."""
    erased: list[Export] = []

    def overtake(registry: Registry) -> Callable[[], None]:
        def step() -> None:
            registry.table.meet_chaos(None)
            registry.erase.go_on(WORKSPACE, accounts(registry)[0], 900_000)
            erased.append(registry.transactions(ADMIN))

        return step

    def asked() -> Registry:
        registry = settled()
        registry.erase.ask(WORKSPACE, PERSON)
        erased.clear()
        return registry

    def work(registry: Registry) -> None:
        registry.erase.go_on(WORKSPACE, accounts(registry)[0], 900_000)

    for registry in at_every_call(asked, overtake, work):
        (export,) = erased
        assert registry.now(export).status == "done"
        assert export.data_key in registry.files.content
        assert registry.traces() == set()


def test_an_export_job_under_way_starts_over() -> None:
    def waiting() -> Registry:
        registry = settled()
        asked = registry.transactions(ADMIN)
        assert registry.store.fail(asked)
        registry.queue.sent.append((WORKSPACE, asked.export_id))
        return registry

    def run(registry: Registry) -> None:
        (_, export_id) = registry.queue.sent[0]
        message = Message(export_id)
        with suppress(SupersededError):
            registry.jobs.all([message.taken()], 900_000)
        if registry.queue.put_back:
            registry.jobs.all([message.taken()], 900_000)

    finished = 0
    for registry in at_every_call(waiting, erasing, run):
        assert registry.traces() == set()
        finished += sum(e.status == "done" for e in registry.store.newest(WORKSPACE, None))
    assert finished > 0


def test_a_long_erasure_goes_on_in_another_job() -> None:
    registry = Registry()
    for n in range(120):
        registry.record(registry.usage_of(f"log-{n}"))
    account_id = registry.account(PERSON)
    registry.erase.ask(WORKSPACE, PERSON)
    jobs = 0
    while registry.erasure_queue.sent:
        registry.erasure_queue.sent.clear()
        registry.erase.go_on(WORKSPACE, account_id, 0)
        jobs += 1

    assert jobs == 5
    assert registry.traces() == set()
    assert registry.verified(account_id).entries == 120
