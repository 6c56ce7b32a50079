"""The service itself: is it there, and what can it do?"""

from __future__ import annotations

from typing import Final

from openapi.models.administration import HealthAnswer, OpenApiDocument
from openapi.operation import Answer, Group, Operation, answer

SERVICE: Final = Group(
    "Service",
    "Open to anybody.",
    {
        "GET /api/health": Operation(
            "getHealth",
            "Is it there?",
            answer(HealthAnswer),
            "503 when the table cannot be reached.",
        ),
        "GET /api/openapi.json": Operation(
            "getOpenApi",
            "This document",
            answer(OpenApiDocument),
            conditional=True,
        ),
        "GET /api/reference": Operation(
            "getReference",
            "This document as a page, to read and to try",
            {200: Answer("A page.", media={"text/html": None})},
            conditional=True,
        ),
        "GET /api/reference/{file}": Operation(
            "getReferenceFile",
            "A part of the reference page",
            {
                200: Answer(
                    "A script or a style sheet.",
                    media={"text/javascript": None, "text/css": None},
                )
            },
            conditional=True,
        ),
    },
)
