"""`tally export`: data as a file, checked against its manifest, resumed where it was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import tally
from tally._json import dumps, loads
from tally.cli._context import Arguments, Bar, Column, Context
from tally.cli._options import dates
from tally.types import ExportState, Manifest

FORMATS: Final = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".parquet": "parquet"}
DIMENSIONS: Final = (
    "hour", "day", "week", "month", "service", "provider", "model", "user", "country", "platform",
    "status",
)  # fmt: skip


def add(commands: Any) -> None:
    """The parser of this command."""
    export = commands("export", run, "usage, transactions, summaries or the audit log as a file")
    export.add_argument("file", type=Path, help="its ending says the format, unless --format does")
    export.add_argument(
        "--kind", choices=["usage", "transactions", "summary", "audit"], default="usage"
    )
    export.add_argument("--format", choices=sorted(set(FORMATS.values())))
    export.add_argument("--group-by", choices=DIMENSIONS, default="day", help="of a summary")
    export.add_argument("--user")
    export.add_argument("--service")
    export.add_argument("--model")
    export.add_argument("--status", choices=["success", "error"])
    export.add_argument("--reason", choices=["usage", "purchase", "refund", "promo", "adjustment"])
    dates(export)


def run(context: Context, given: Arguments) -> int:
    """Save an export."""
    manifest = save(context, given.file, _asked(given))
    columns: list[Column] = [
        ("file", lambda _: given.file),
        ("rows", lambda m: m.rows),
        ("bytes", lambda m: m.bytes),
        ("sha256", lambda m: m.sha256),
    ]
    context.show(manifest, [manifest], columns)
    return 0


def _asked(given: Arguments) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "kind": given.kind,
        "format": given.format or FORMATS.get(given.file.suffix, "csv"),
        "start_date": given.start,
        "end_date": given.end,
        "user_id": given.user,
    }
    more = {
        "usage": ("service", "model", "status"),
        "transactions": ("reason",),
        "summary": ("service", "model", "group_by"),
        "audit": (),
    }
    wanted |= {name: getattr(given, name) for name in more[given.kind]}
    if given.kind == "audit" and wanted.pop("user_id"):
        raise tally.InvalidUsageError("--user", "the audit log is by actor; it has no users")
    return {name: value for name, value in wanted.items() if value is not None}


def save(context: Context, path: Path, asked: dict[str, Any]) -> Manifest:
    """Ask for an export, or go on with the one that was asked for before, and save it."""
    note = path.with_name(f"{path.name}.export")
    state = _begun(context, note, asked) or _start(context, asked)
    note.write_bytes(dumps({"export": state.export.id, "asked": _words(asked)}))
    exports = context.client.exports
    making, fetching = Bar(context, "making  "), Bar(context, "fetching")
    try:
        done = exports.wait(
            state, on_progress=lambda now: making(int(now.export.progress * 1000), 1000)
        )
        making.end()
        manifest = exports.download(done, path, on_progress=fetching)
    finally:
        making.end()
        fetching.end()
    note.unlink()
    return manifest


def _words(asked: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in asked.items()}


def _begun(context: Context, note: Path, asked: dict[str, Any]) -> ExportState | None:
    """The export that an earlier run asked for, with the same words, where it can still be had."""
    try:
        told = loads(note.read_bytes())
        if told["asked"] == _words(asked):
            state = context.client.exports.get(told["export"])
            if state.export.status != "failed":
                return state
    except (OSError, ValueError, KeyError, TypeError, tally.NotFoundError):
        pass
    note.with_name(f"{note.stem}.part").unlink(missing_ok=True)
    return None


def _start(context: Context, asked: dict[str, Any]) -> ExportState:
    exports = context.client.exports
    ask: dict[str, Callable[..., ExportState]] = {
        "usage": exports.usage,
        "transactions": exports.transactions,
        "summary": exports.summary,
        "audit": exports.audit,
    }
    filters: dict[str, Any] = {name: value for name, value in asked.items() if name != "kind"}
    return ask[asked["kind"]](**filters)
