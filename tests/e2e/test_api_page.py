"""docs/api.md is true: its commands answer what they say, its table has every error (INT-5)."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud
from local.seed.env import exports
from tests.documented import DOCUMENT

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
BLOCK = re.compile(r"^    (curl .*(?:\n      .*)*)", re.MULTILINE)
SAYS = re.compile(r"  # (.+)$")


@dataclass(frozen=True)
class Command:
    """A command of the page and what it says it answers: members, or the code of a problem."""

    text: str
    says: str

    @property
    def title(self) -> str:
        match = re.search(r"\$TALLY_URL([^\"]*)", self.text)
        assert match is not None, self.text
        return match[1]


def commands() -> list[Command]:
    found = []
    for text in BLOCK.findall(PAGE):
        says = SAYS.search(text)
        assert says is not None, f"what does this answer? {text}"
        found.append(Command(text[: says.start()], says[1]))
    return found


def answer_of(command: Command, demo: Cloud) -> Any:
    run = subprocess.run(
        ["bash", "-euc", command.text],
        env={**os.environ, **exports(demo)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(run.stdout)


def test_there_is_a_command_for_every_group_of_routes() -> None:
    paths = " ".join(command.title for command in commands())
    for part in ("usage-logs", "batch", "stats", "analytics", "transactions", "verify", "export",
                 "thresholds", "alerts", "workspaces", "api-keys", "audit"):  # fmt: skip
        assert part in paths, part


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.title)
def test_a_command_answers_what_the_page_says(demo: Cloud, command: Command) -> None:
    answer = answer_of(command, demo)
    if command.says.startswith("problem "):
        assert answer["code"] == command.says.removeprefix("problem ")
        return
    assert "code" not in answer, answer
    optional = {"nextCursor"}
    assert answer.keys() - optional == set(command.says.split(", ")) - optional


def test_the_table_of_errors_has_every_code_with_its_status() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, re.MULTILINE))
    examples = DOCUMENT["components"]["examples"]
    codes = DOCUMENT["components"]["schemas"]["ErrorCode"]["enum"]
    assert told == {code: str(examples[code]["value"]["status"]) for code in codes}
