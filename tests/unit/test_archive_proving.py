"""LED-7: the journal is proved from its files, across the border to the table, and against checkpoints."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.archive.chain import checkpoints_of
from shared.archive.files import ENTRIES, Layout, write_part
from shared.archive.manifests import workspaces_of
from shared.archive.proving import Proof, prove
from shared.domain.archive import Archive, manifest_of
from shared.domain.checkpoints import HeadMark
from shared.domain.journal import Entry
from shared.store.schema import entry_key
from shared.store.table import Update
from tests.archiving import Vault
from tests.factories import WORKSPACE

MONTH = "2026-11"


@pytest.fixture
def vault() -> Vault:
    """Two months of several users, one of them in the archive, with a movement since."""
    vault = Vault()
    for day in range(4):
        for user in ("alice", "bob", "carol"):
            vault.use(f"{user}-{day}", user)
        vault.buy("alice", note="paid")
        vault.next_day(4)
    vault.night()
    for user in ("alice", "carol"):
        vault.use(f"{user}-later", user)
    return vault


def proved(vault: Vault, *, table: bool = True) -> Proof:
    """What a proof of the workspace finds, checkpoints included."""
    problems: list[str] = []
    marks: dict[str, list[HeadMark]] = {}
    chain = checkpoints_of(vault.checkpoints, WORKSPACE, vault.signer.holds, problems)
    for _, found in chain:
        for mark in found:
            marks.setdefault(mark.account_id, []).append(mark)
    accounts = vault.accounts if table else None
    proof = prove(vault.bucket, WORKSPACE, vault.workspace.zone, accounts, marks)
    proof.problems += problems
    return proof


def test_journals_prove_from_the_files_and_on_into_the_table(vault: Vault) -> None:
    proof = proved(vault)

    assert proof.problems == []
    assert (proof.accounts, proof.archived_entries) == (3, 12)
    assert proof.entries == 3 + 1 + 2
    assert workspaces_of(vault.bucket) == [WORKSPACE]
    assert proved(vault, table=False).problems == []


def forged(vault: Vault, change: dict[str, Any]) -> None:
    """Write the month's file again with the second entry changed, manifest and all, as an insider could."""
    unit = vault.unit(MONTH, "journal")
    entries = vault.filed_entries(MONTH)
    entries[1] = replace(entries[1], **change)
    layout: Layout[Entry] = ENTRIES
    part = write_part(vault.bucket, unit, 0, layout, [entries])
    vault.bucket.content[unit.unit.manifest_key] = json.dumps(
        manifest_of(unit.with_part(0, part), "UTC", vault.workspace.zone)
    ).encode()


@pytest.mark.parametrize(
    "change", [{"amount": 1}, {"balance_after": 10**6}, {"log_ids": ("x",)}, {"nonce": bytes(16)}]
)
def test_a_forged_file_does_not_prove(vault: Vault, change: dict[str, Any]) -> None:
    forged(vault, change)

    assert any("does not prove" in problem for problem in proved(vault).problems)


def test_a_changed_file_a_missing_one_and_a_stray_one_are_told(vault: Vault) -> None:
    unit: Archive = vault.unit("2026-11-20")
    key = unit.key_of(unit.parts[0])
    whole = vault.bucket.content[key]
    for spoilt in (whole[:-9] + b"123456789", None):
        if spoilt is None:
            del vault.bucket.content[key]
        else:
            vault.bucket.content[key] = spoilt
        assert [p for p in proved(vault).problems if key in p]
    vault.bucket.content[key] = whole
    vault.bucket.content[f"{unit.unit.folder}00009-9.parquet"] = whole
    assert any("no manifest names it" in problem for problem in proved(vault).problems)


def test_a_day_that_is_gone_from_the_archive_is_missed(vault: Vault) -> None:
    unit = vault.unit("2026-11-20")
    for key in list(vault.bucket.keys(unit.unit.folder)):
        del vault.bucket.content[key]

    assert any(problem.startswith("2026-11-20: ") for problem in proved(vault).problems)


def test_an_entry_changed_in_the_table_shows_where_the_files_end(vault: Vault) -> None:
    head = vault.accounts.head(WORKSPACE, vault.account("alice"))
    assert head is not None
    key = entry_key(WORKSPACE, head.account_id, head.seq)
    vault.table.write(Update(key, assign={"am": 0}))

    assert any(f"entry {head.seq} does not prove" in problem for problem in proved(vault).problems)


def test_accounts_that_a_restore_took_commits_from_are_told_by_their_checkpoints() -> None:
    """OPS-2: archived months or not."""
    vault = Vault()
    vault.use("first", "alice")
    vault.fold()
    before = vault.table.items()
    vault.use("lost", "alice")
    vault.use("new-user", "bob")
    vault.next_day()
    vault.night()
    assert proved(vault).problems == []

    vault.table.bring_back(before)

    alice, bob = vault.account("alice"), vault.account("bob")
    assert {problem for problem in proved(vault).problems if "checkpoint" in problem} == {
        f"{alice}: a checkpoint has entry 2, the journal ends at 1",
        f"{bob}: a checkpoint has entry 1, the journal ends at 0",
    }


def test_a_checkpoint_is_never_written_over_also_not_after_a_restore() -> None:
    vault = Vault()
    vault.use("first", "alice")
    vault.fold()
    before = vault.table.items()
    vault.use("lost", "alice")
    vault.next_day()
    vault.night()
    written = dict(vault.checkpoints.content)

    vault.table.bring_back(before)
    vault.night()

    assert written.items() < vault.checkpoints.content.items()
    assert len(vault.checkpoints.content) == 2 * len(written)
    assert proved(vault).problems == []


def test_of_a_day_with_ten_attempts_the_last_counts(vault: Vault) -> None:
    unit = vault.unit("2026-11-20", "checkpoints")
    for number in range(2, 11):
        for name in ("checkpoint.json", "heads.txt"):
            first = vault.checkpoints.content[f"{unit.unit.folder}1.{name}"]
            vault.checkpoints.content[f"{unit.unit.folder}{number}.{name}"] = first
    last = f"{unit.unit.folder}10.heads.txt"
    vault.checkpoints.content[last] = b""

    assert proved(vault).problems == [
        f"{unit.unit.folder}10.checkpoint.json: its list of heads is not the one that it covers"
    ]
    seen = list(checkpoints_of(vault.checkpoints, WORKSPACE, None, []))
    assert (seen[0][0].day, seen[0][1]) == ("2026-11-20", [])


@pytest.mark.parametrize("what", ["heads", "statement", "signature"])
def test_a_checkpoint_that_was_changed_is_told(vault: Vault, what: str) -> None:
    content = vault.checkpoints.content
    if what == "heads":
        key = next(key for key in content if key.endswith("heads.txt"))
        content[key] = content[key].replace(b" 1 ", b" 2 ", 1)
    else:
        key = next(key for key in content if key.endswith("checkpoint.json"))
        raw = json.loads(content[key])
        if what == "statement":
            raw["previous"] = "00" * 32
        else:
            raw["signature"]["value"] = "AAAA"
        content[key] = json.dumps(raw).encode()

    assert any(key in problem or "checkpoint" in problem for problem in proved(vault).problems)
