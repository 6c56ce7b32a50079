"""SEC-5: a user is erased without breaking the books: nothing of them is left, everything still adds up."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.errors import (
    IdempotencyConflictError,
    NotFoundError,
    ValidationFailedError,
)
from shared.domain.fingerprint import members_of
from shared.domain.ids import account_id_of
from shared.store.schema import account_pk, shared_pk, workspace_pk
from tests.erasing import PERSON, SECRETS, Registry, raw_text
from tests.exports import ADMIN, KEY
from tests.factories import WORKSPACE, a_usage

GUESSES = members_of(
    {
        "userId": PERSON,
        "note": "paid by mallory's card",
        "requestId": "req-of-mallory",
        "metadata": {"note": "lives in Bern", "seat": "prefers-window-seats"},
    }
)


@pytest.fixture
def registry() -> Registry:
    return Registry()


def items_of(registry: Registry, prefix: str) -> list[bytes]:
    found = [item for item in registry.table.items() if str(item["pk"]).startswith(prefix)]
    return sorted(map(raw_text, found))


class TestGone:
    def test_nothing_of_the_user_is_left_in_any_item_or_file(self, registry: Registry) -> None:
        registry.settle_in()
        assert registry.traces() == set(SECRETS)

        registry.erased()

        assert registry.traces() == set()

    def test_nobody_can_confirm_a_guess_by_what_is_left(self, registry: Registry) -> None:
        registry.settle_in()
        assert registry.guessed(GUESSES) == set(GUESSES)

        registry.erased()

        assert registry.guessed(GUESSES) == set()

    def test_others_keep_everything(self, registry: Registry) -> None:
        registry.settle_in()
        bob = registry.account("bob")
        mine = account_pk(WORKSPACE, bob), f"{workspace_pk(WORKSPACE)}#L#other-1"
        before = [items_of(registry, prefix) for prefix in mine]

        registry.erased()

        assert [items_of(registry, prefix) for prefix in mine] == before
        assert registry.directory.user_of(WORKSPACE, bob) == "bob"

    def test_names_go_from_what_is_shown(self, registry: Registry) -> None:
        account_id = registry.settle_in()

        registry.erased()
        registry.now_workspace()

        assert registry.directory.user_of(WORKSPACE, account_id) is None
        assert (account_id, None) in list(registry.directory.walk(WORKSPACE))
        assert registry.workspaces.customer(WORKSPACE, account_id) is None
        assert registry.workspaces.customers_total(WORKSPACE) == 0
        logs = registry.csv_rows(registry.usage(KEY))
        shown = {row["userId"]: row for row in logs}
        assert set(shown) == {"bob", account_id}
        assert (shown[account_id]["metadata"], shown[account_id]["requestId"]) == ("", "")
        assert shown["bob"]["metadata"] == '{"kept":true}'
        rows = registry.csv_rows(registry.transactions(userId=account_id))
        assert {(row["userId"], row["note"], row["metadata"]) for row in rows} == {
            (account_id, "", "")
        }
        actors = {row["actor"] for row in registry.csv_rows(registry.trail())}
        assert actors == {f"user:{account_id}"}
        listed = list(registry.directory.listed(WORKSPACE, "", None, descending=False))
        assert sorted(row.name for row in listed) == sorted([account_id, "bob"])


class TestBooks:
    def test_the_chain_is_the_same_byte_for_byte_and_verifies(self, registry: Registry) -> None:
        account_id = registry.settle_in()
        before, proof = registry.entries_of(account_id), registry.verified(account_id)
        assert proof.first_bad_seq is None

        registry.erased()

        after = registry.entries_of(account_id)
        assert registry.verified(account_id) == proof
        assert [entry.hash for entry in after] == [entry.hash for entry in before]
        kept = ("amount", "balance_after", "totals", "log_ids", "digest", "nonce", "created_ms")
        for name in (*kept, "note_commitment", "metadata_commitment"):
            assert [getattr(e, name) for e in after] == [getattr(e, name) for e in before]
        assert all(e.note is None and e.metadata is None for e in after)

    def test_a_salt_goes_with_its_text_so_the_commitment_cannot_be_tried(
        self, registry: Registry
    ) -> None:
        account_id = registry.settle_in()

        registry.erased()

        noted = [e for e in registry.entries_of(account_id) if e.note_commitment]
        assert len(noted) == 2
        assert all(entry.salt == b"" for entry in noted)

    def test_balances_and_cells_are_what_they_were(self, registry: Registry) -> None:
        account_id = registry.settle_in()
        cells = [shared_pk(WORKSPACE, 1, family) for family in "DMHXCPE"]
        before = [items_of(registry, prefix) for prefix in cells]
        head = registry.accounts.head(WORKSPACE, account_id)
        assert head is not None
        users = [row["key"] for row in registry.csv_rows(registry.analytics(**BY_USER))]

        registry.erased()
        registry.fold()

        assert [items_of(registry, prefix) for prefix in cells] == before
        after = registry.accounts.head(WORKSPACE, account_id)
        assert after is not None
        assert (after.balance, after.seq, after.hash) == (head.balance, head.seq, head.hash)
        then = [row["key"] for row in registry.csv_rows(registry.analytics(**BY_USER))]
        assert len(then) == len(users) == 2
        assert set(then) == {account_id, "bob"}


BY_USER: dict[str, Any] = {"kind": "summary", "groupBy": "user"}


class TestAgain:
    def test_the_same_id_seen_again_is_a_new_account(self, registry: Registry) -> None:
        old = registry.settle_in()
        registry.erased()

        registry.use("new-1", PERSON)
        entry = registry.post(PERSON)

        new = registry.account(PERSON)
        assert new == account_id_of(registry.workspace.secret, PERSON, 1) != old
        assert (entry.account_id, entry.seq) == (new, 2)
        assert registry.directory.user_of(WORKSPACE, new) == PERSON
        assert registry.directory.user_of(WORKSPACE, old) is None
        head = registry.accounts.head(WORKSPACE, old)
        assert head is not None
        assert head.seq == 3
        assert [row["id"] for row in registry.csv_rows(registry.usage(userId=PERSON))] == ["new-1"]

    def test_each_erasure_leads_on_and_the_first_account_leads_to_the_last(
        self, registry: Registry
    ) -> None:
        accounts = []
        for generation in range(4):
            registry.use(f"log-{generation}", PERSON)
            accounts.append(registry.account(PERSON))
            registry.erased()

        secret = registry.workspace.secret
        assert accounts == [account_id_of(secret, PERSON, g) for g in range(4)]
        before = registry.table.calls["get_many"]
        registry.use("log-4", PERSON)
        assert registry.table.calls["get_many"] - before == 2
        assert registry.account(PERSON) == account_id_of(secret, PERSON, 4)
        assert registry.traces() == {PERSON}

    def test_nobody_else_pays_a_read_for_it(self, registry: Registry) -> None:
        registry.use("b-1", "bob")
        registry.use("log-1", PERSON)
        registry.erased()
        before = dict(registry.table.calls)

        registry.use("b-2", "bob")

        spent = {verb: n - before.get(verb, 0) for verb, n in registry.table.calls.items()}
        assert {verb: n for verb, n in spent.items() if n} == {"get_many": 1, "transact": 1}

    def test_the_old_account_takes_no_usage_any_more(self, registry: Registry) -> None:
        account_id = registry.settle_in()
        registry.erased()

        outcome = registry.ledger.record(WORKSPACE, [a_usage("x", user_id=account_id)]).outcomes[0]

        assert outcome.status == "rejected"
        assert isinstance(outcome.error, ValidationFailedError)

    def test_its_books_can_still_be_put_right_and_are_cleared_again(
        self, registry: Registry
    ) -> None:
        account_id = registry.settle_in()
        first = registry.erased()
        entry = registry.post(account_id, key="late")
        assert (entry.account_id, entry.seq) == (account_id, 4)
        assert registry.traces() == {"paid by mallory's card", "invoice-7c3a"}

        second = registry.erased(account_id)

        assert second.erasure_id != first.erasure_id
        assert registry.traces() == set()
        assert registry.verified(account_id).first_bad_seq is None
        assert registry.account(PERSON) != account_id

    def test_a_repeated_request_is_not_counted_again_under_the_new_account(
        self, registry: Registry
    ) -> None:
        registry.settle_in()
        registry.erased()

        row = registry.usage_of("log-0")
        outcome = registry.ledger.record(WORKSPACE, [row]).outcomes[0]
        assert outcome.status == "conflict"
        with pytest.raises(IdempotencyConflictError):
            registry.post(PERSON, key="purchase-1")
        assert registry.accounts.head(WORKSPACE, registry.account(PERSON)) is None


class TestAsking:
    def test_it_says_which_erasure_and_how_far(self, registry: Registry) -> None:
        registry.settle_in()

        asked = registry.erase.ask(WORKSPACE, PERSON)

        assert asked.status == "running"
        assert asked.at_ms == registry.clock.now_ms()
        assert registry.account(PERSON) != asked.account_id
        registry.work()
        again = registry.erase.ask(WORKSPACE, PERSON)
        assert (again.erasure_id, again.at_ms, again.status) == (
            asked.erasure_id,
            asked.at_ms,
            "done",
        )
        assert registry.erasure_queue.sent == []

    def test_repeating_sends_a_lost_job_on_its_way_again(self, registry: Registry) -> None:
        account_id = registry.settle_in()
        first = registry.erase.ask(WORKSPACE, PERSON)
        registry.erasure_queue.sent.clear()

        for name in (PERSON, account_id):
            assert registry.erase.ask(WORKSPACE, name) == first

        assert registry.erasure_queue.sent == [(WORKSPACE, account_id)] * 2
        registry.work()
        assert registry.traces() == set()

    def test_an_account_id_does_as_well(self, registry: Registry) -> None:
        account_id = registry.settle_in()

        registry.erased(account_id)

        assert registry.traces() == set()
        assert registry.account(PERSON) == account_id_of(registry.workspace.secret, PERSON, 1)

    @pytest.mark.parametrize("user_id", ["nobody", "acct_" + "0" * 20])
    def test_whom_nobody_has_heard_of_is_not_found(self, registry: Registry, user_id: str) -> None:
        with pytest.raises(NotFoundError):
            registry.erase.ask(WORKSPACE, user_id)
        with pytest.raises(NotFoundError):
            registry.erase.ask("elsewhere", user_id)
        assert registry.now_workspace().erasures == 0

    def test_who_never_moved_is_erased_too_and_comes_back_as_another(
        self, registry: Registry
    ) -> None:
        registry.register(PERSON, "Mallory Archer")
        old = registry.account(PERSON)

        registry.erased()

        assert registry.traces() == set()
        registry.use("new-1", PERSON)
        assert registry.account(PERSON) != old
        with pytest.raises(ValidationFailedError):
            registry.post(old)

    def test_figures_that_were_answered_before_are_out_of_date(self, registry: Registry) -> None:
        registry.settle_in()
        versions = registry.erase._versions
        before = versions.of(WORKSPACE, None)

        registry.erase.ask(WORKSPACE, PERSON)
        begun = versions.of(WORKSPACE, None)
        registry.work()

        assert before.number < begun.number < versions.of(WORKSPACE, None).number


class TestExports:
    def test_files_that_show_the_user_go_and_others_stay(self, registry: Registry) -> None:
        registry.settle_in()
        others = registry.usage(ADMIN, userId="bob")
        registry.workspace = registry.now_workspace()
        hidden = Registry(user_privacy="pseudonymous")
        hidden.settle_in()
        blind = hidden.usage(ADMIN)

        registry.erased()
        hidden.erased()

        kept = [export.export_id for export in registry.store.newest(WORKSPACE, None)]
        assert others.export_id in kept
        assert len(kept) == 2
        assert set(registry.files.content) == {
            key
            for export in registry.store.newest(WORKSPACE, None)
            for key in (export.data_key, export.manifest_key)
        }
        assert hidden.now(blind).status == "done"
        assert blind.data_key in hidden.files.content
        assert hidden.traces() == set()

    def test_files_that_no_export_knows_of_go(self, registry: Registry) -> None:
        registry.settle_in()
        orphan = f"exports/{WORKSPACE}/0190-unknown/0.csv"
        registry.files.content[orphan] = PERSON.encode()
        elsewhere = "exports/globex/0190-unknown/0.csv"
        registry.files.content[elsewhere] = b"another workspace's"

        registry.erased()

        assert orphan not in registry.files.content
        assert elsewhere in registry.files.content

    def test_an_export_made_before_the_texts_are_gone_goes_one_made_after_stays(
        self, registry: Registry
    ) -> None:
        registry.settle_in()
        registry.erase.ask(WORKSPACE, PERSON)
        meanwhile = registry.transactions()
        assert registry.traces() >= {"paid by mallory's card"}

        registry.work()
        after = registry.transactions()

        assert registry.store.get(WORKSPACE, meanwhile.export_id) is None
        assert registry.now(after).status == "done"
        assert after.data_key in registry.files.content
        assert registry.traces() == set()
