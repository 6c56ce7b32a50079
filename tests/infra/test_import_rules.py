"""What import-linter cannot say: the innermost modules need nothing that has to be installed."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWN = ("shared.domain",)
STANDARD_LIBRARY_ONLY = sorted(
    str(path.relative_to(ROOT))
    for path in (
        *(ROOT / "shared" / "domain").rglob("*.py"),
        ROOT / "shared" / "routes.py",
        ROOT / "shared" / "store" / "schema.py",
        ROOT / "shared" / "store" / "__init__.py",
        ROOT / "shared" / "__init__.py",
    )
)


def _imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def _foreign(source: str) -> set[str]:
    return {
        name
        for name in _imported(source)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith(OWN)
    }


@pytest.mark.parametrize("module", STANDARD_LIBRARY_ONLY)
def test_an_inner_module_imports_the_standard_library_and_the_domain_only(module: str) -> None:
    assert _foreign((ROOT / module).read_text()) == set()


@pytest.mark.parametrize(
    "source",
    [
        "import httpx",
        "from pydantic import BaseModel",
        "from shared.ports.ledger import Ledger",
        "import boto3",
    ],
)
def test_an_import_from_further_out_would_be_seen(source: str) -> None:
    assert _foreign(source) != set()
