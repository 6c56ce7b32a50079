"""Exports, whatever they hold."""

from __future__ import annotations

from typing import Final

from openapi.models.exports import (
    ExportAnswer,
    ExportList,
    FinishedExportAnswer,
    StartedExportAnswer,
)
from openapi.operation import Answer, Group, Operation, answer
from openapi.parameters import PAGING, choice

FORMAT: Final = choice(
    "format", ("csv", "json", "jsonl", "parquet"), "The format of the file.", key="ExportFormat"
)

EXPORTED: Final = {
    200: Answer("The files are there.", FinishedExportAnswer),
    202: Answer("It takes longer: ask for the export by its id.", StartedExportAnswer),
}

EXPORTS: Final = Group(
    "Exports",
    "Files with a manifest of rows, sums and SHA-256, kept for seven days.",
    {
        "GET /api/exports": Operation(
            "listExports",
            "Exports",
            answer(ExportList),
            "One's own; an admin sees all of the workspace.",
            query=PAGING,
        ),
        "GET /api/exports/{id}": Operation(
            "getExport",
            "One export, with fresh addresses of its files",
            answer(ExportAnswer),
        ),
    },
)
