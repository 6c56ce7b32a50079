"""Whoever is called by an alarm finds it in docs/operations.md: why, where to look, what to do (OPS-2)."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Final

from infra.bundling import ROOT
from tests.infra.template import Template

PAGE: Final = (ROOT / "docs" / "operations.md").read_text()
ROW: Final = re.compile(r"^\| `([\w*]+)` \|(.+)\|(.+)\|(.+)\|$", re.MULTILINE)
MARK: Final = re.compile(r"Alarm[0-9A-F]{8}$")


def _told() -> dict[str, tuple[str, ...]]:
    """Cause, look and do of each alarm of the page's table."""
    section = PAGE.partition("\n## Every alarm\n")[2].partition("\n## ")[0]
    return {name: tuple(map(str.strip, rest)) for name, *rest in ROW.findall(section)}


def _alarms(template: Template) -> set[str]:
    return {MARK.sub("", name) for name in template.of_type("CloudWatch::Alarm")}


def test_every_alarm_has_its_row(template: Template) -> None:
    told = _told()

    for alarm in _alarms(template):
        rows = [
            name
            for name in told
            if name == alarm or (alarm not in told and fnmatchcase(alarm, name))
        ]
        assert len(rows) == 1, f"{alarm}: {rows or 'no row'} in docs/operations.md"


def test_every_row_is_of_an_alarm_and_says_cause_look_and_action(template: Template) -> None:
    for name, cells in _told().items():
        assert any(fnmatchcase(alarm, name) for alarm in _alarms(template)), name
        assert all(len(cell) > 10 for cell in cells), name
