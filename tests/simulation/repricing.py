"""Repricings: each run posts what it says, and each difference follows from what counted before it."""

from __future__ import annotations

from collections import Counter

from shared.store.table import Item
from tests.simulation.books import Books
from tests.simulation.world import World


def repriced(world: World, books: Books, items: list[Item]) -> None:
    """2 for repricings: a run posted what it says, however often it was taken up; a dry one nothing.

    Raises:
        AssertionError: it is not so.
    """
    differences(books)
    if world.has("erasure"):
        return  # the notes that say which run posted an entry go with the user
    for item in items:
        if not str(item["pk"]).endswith("#REPRICINGS"):
            continue
        workspace_id, run_id = str(item["pk"]).split("#")[1], str(item["sk"])
        posted = [
            entry
            for _, entries in books.of(workspace_id)
            for entry in entries
            if entry.note == f"Repricing {run_id}"
        ]
        logs, difference = (
            sum(len(entry.log_ids) for entry in posted),
            -sum(entry.signed_amount for entry in posted),
        )
        said = int(str(item["lg"])), int(str(item["dr"]))
        assert item["st"] != "running", f"7: a repricing is left undone: {item}"
        if item["dy"]:
            assert not posted, f"4: a trial of a repricing posted {posted}"
        elif item["st"] == "done":
            assert (logs, difference) == said, f"2: a repricing says {said}: {logs, difference}"


def differences(books: Books) -> None:
    """4: what an adjustment says of a log is new − old, the old one being what counted until then."""
    costs: dict[tuple[str, str], tuple[int, int]] = {}
    posted: Counter[tuple[str, str, int]] = Counter()
    for (workspace_id, log_id, seq), beside in sorted(books.beside.items(), key=lambda at: at[0]):
        log = books.logs[workspace_id, log_id]
        cost, credits = costs.get((workspace_id, log_id), (log.cost_picos, log.credits))
        right = beside.cost_picos - cost, beside.credits - credits
        there = beside.cost_difference, beside.credit_difference
        assert there == right, f"4: entry {seq} changes {log_id} by {there}, and that is {right}"
        costs[workspace_id, log_id] = beside.cost_picos, beside.credits
        posted[workspace_id, log.account_id, seq] += beside.credit_difference
    for (workspace_id, account_id, seq), credits in posted.items():
        entry = books.entries[workspace_id, account_id][seq - 1]
        assert -entry.signed_amount == credits, f"4: {entry} posts what comes to {credits}"
