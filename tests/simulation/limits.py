"""Blocking limits: no user and no workspace ever used more, and nobody was refused for what was not used."""

from __future__ import annotations

from shared.domain.limits import CROWD
from shared.domain.thresholds import PERIODS, Threshold
from tests.simulation.books import Books, Version
from tests.simulation.figures import used
from tests.simulation.world import World


def limits_held(world: World, books: Books) -> None:
    """5 for limits: what was used stays within the limit that stood when it was committed.

    They are only ever raised in a world, so an entry that came before a raise is held to the limit of before.
    """
    for versions in books.versions.values():
        threshold = versions[0].threshold
        if threshold.rules.block and threshold.version == 1:
            _held(world, books, versions)
            _reached_where_refused(world, books, versions)


def _held(world: World, books: Books, versions: list[Version]) -> None:
    rules = versions[0].threshold.rules
    workspace_id = versions[0].threshold.workspace_id
    metric = rules.counted
    assert metric is not None
    for kind in PERIODS:
        if rules.limit(kind) is None:
            continue
        rows = [
            (books.written[workspace_id, account_id, row.entry.seq], account_id, row)
            for account_id, entries in books.of(workspace_id)
            for row in used(world.workspaces[workspace_id], entries, kind, metric)
            if row.in_time
        ]
        figures: dict[tuple[str, str], int] = {}
        for written, account_id, row in sorted(rows, key=lambda row: row[0]):
            whose = account_id if rules.scope == "user" else ""
            figure = figures.get((whose, row.period), 0) + row.amount
            figures[whose, row.period] = figure
            limit = _at(versions, written).rules.limit(kind)
            assert limit is not None
            # Of a budget, commits under way unseen may take up to a 65th each of what they saw left.
            unseen = 0 if rules.scope == "user" else world.plan.clients * (limit // (CROWD + 1))
            # What a repricing adds is charged whatever the limits say.
            if row.entry.reason == "usage" and row.amount > 0:
                assert figure <= limit + unseen, (
                    f"5: {workspace_id}/{whose or 'all'} used {figure} {metric} of {limit} in {row.period}"
                )


def _reached_where_refused(world: World, books: Books, versions: list[Version]) -> None:
    """A limit that refused a row, as it stood when the row was sent, had no room for it."""
    rules, workspace_id = versions[0].threshold.rules, versions[0].threshold.workspace_id
    metric = rules.counted
    assert metric is not None
    most = {kind: 0 for kind in PERIODS if rules.limit(kind) is not None}
    for kind in most:
        figures: dict[tuple[str, str], int] = {}
        for account_id, entries in books.of(workspace_id):
            whose = account_id if rules.scope == "user" else ""
            for row in used(world.workspaces[workspace_id], entries, kind, metric):
                place = whose, row.period
                figures[place] = figures.get(place, 0) + max(0, row.amount)
        most[kind] = max(figures.values(), default=0)
    for refusal in world.heard.refusals:
        threshold_id = versions[0].threshold.threshold_id
        stated = metric == "requests" or "credits" in refusal.body
        if refusal.threshold_id != threshold_id or not stated:
            continue
        wanted = 1 if metric == "requests" else int(refusal.body["credits"])
        stood = _at(versions, refusal.asked + 1).rules
        full = [figure + wanted > (stood.limit(kind) or 0) for kind, figure in most.items()]
        assert any(full), f"5: a row of {wanted} was refused for nothing: {most} of {stood}"


def _at(versions: list[Version], written: int) -> Threshold:
    """A threshold as it stood when a change was written."""
    stood = [version.threshold for version in versions if version.written < written]
    return stood[-1] if stood else versions[0].threshold
