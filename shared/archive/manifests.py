"""Units as their manifests tell them: what reads the archive without the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

from shared.archive.files import Files
from shared.domain.archive import JOURNAL, MANIFEST, Archive, Kind, Unit, part_from


def units_of(files: Files, kind: Kind, workspace_id: str | None = None) -> Iterator[Archive]:
    """The units of a kind that have a manifest, of one workspace or (None) of all, in order of periods.

    Raises:
        ValueError: a manifest is none.
    """
    prefix = f"{kind}/" if workspace_id is None else f"{kind}/workspace={workspace_id}/"
    for key in sorted(files.keys(prefix)):
        if key.endswith(f"/{MANIFEST}"):
            yield _unit(files.read(key) or b"")


def manifest_of_unit(files: Files, unit: Unit) -> Archive | None:
    """A unit by its manifest; None where it has none.

    Raises:
        ValueError: the manifest is none.
    """
    data = files.read(unit.manifest_key)
    return None if data is None else _unit(data)


def workspaces_of(files: Files) -> list[str]:
    """The workspaces whose journals are in the archive."""
    return sorted({unit.unit.workspace_id for unit in units_of(files, JOURNAL)})


def _unit(data: bytes) -> Archive:
    with suppress(KeyError, TypeError):
        raw = json.loads(data)
        unit = Unit(raw["workspaceId"], raw["kind"], raw["period"])
        parts = tuple(map(part_from, raw["files"]))
        return Archive(unit, "done", raw["revision"], parts=parts)
    raise ValueError("not a manifest")
