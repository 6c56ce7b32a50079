"""A command line whose every end is in the test's hands."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Pauses
from tests.service import Service

from tally.cli._context import Context
from tally.cli.main import main


@dataclass
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def environ(service: Service, tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "TALLY_URL": service.url, "TALLY_KEY": "key-1"}


@pytest.fixture
def run(environ: dict[str, str], pauses: Pauses) -> Run:
    """Runs a command line."""

    def run(*words: object, stdin: str = "") -> Done:
        out, err = io.StringIO(), io.StringIO()
        context = Context(environ, out, err, io.StringIO(stdin), pauses.runtime)
        code = main([str(word) for word in words], context=context)
        return Done(code, out.getvalue(), err.getvalue())

    return run
