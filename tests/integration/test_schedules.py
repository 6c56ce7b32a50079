"""What runs by the clock is shown, and started by the very word its schedule has (OPS-2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations import running as command_line
from operations.errors import CommandError
from operations.schedules import SCHEDULE
from operations.stack import Resource, Stack
from shared.domain.errors import UnavailableError

ROLE = "arn:aws:iam::123456789012:role/clock"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:backup"


class Deployment:
    """A deployment with some schedules; it keeps what was started."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self.started: list[tuple[str, str]] = []
        self.broken = False

    def client(self, service: str) -> Any:
        return boto3.client(service)  # type: ignore[call-overload]

    def resources(self) -> Iterator[Resource]:
        yield Resource("AWS::Lambda::Function", "Backup", "backup")
        for name, physical in self.names.items():
            yield Resource(SCHEDULE, name, physical)

    def run(self, address: str, payload: str) -> Any:
        if self.broken:
            raise UnavailableError("The function backup failed: TimeoutError")
        self.started.append((address, payload))
        return {"made": True}


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Two schedules, one of them disabled."""
    with mock_aws():
        client = boto3.client("scheduler")
        for name, event, state in (
            ("DailyBackup", {}, "ENABLED"),
            ("Nightly", {"nightly": True}, "DISABLED"),
        ):
            client.create_schedule(
                Name=f"tally-{name}-1",
                Description=f"what {name} does",
                ScheduleExpression="rate(1 hour)",
                FlexibleTimeWindow={"Mode": "OFF"},
                State=state,
                Target={"Arn": FUNCTION, "RoleArn": ROLE, "Input": json.dumps(event)},
            )
        made = Deployment({name: f"tally-{name}-1" for name in ("DailyBackup", "Nightly")})
        monkeypatch.setattr(Stack, "of", lambda _: made)
        yield made


def run(*words: str) -> int:
    """The command."""
    args = command_line.parse(["schedules", *words])
    return int(args.command.run(args))


def test_all_are_shown_and_one_that_is_disabled_is_not_well(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--json") == 1

    told = {row["name"]: row["enabled"] for row in json.loads(capsys.readouterr().out)}
    assert told == {"DailyBackup": True, "Nightly": False}
    boto3.client("scheduler").delete_schedule(Name="tally-Nightly-1")
    deployment.names.pop("Nightly")
    assert run() == 0
    assert "what DailyBackup does" in capsys.readouterr().out


def test_one_is_started_with_its_own_word_also_while_it_is_disabled(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("start", "Nightly") == 0
    assert deployment.started == [(FUNCTION, '{"nightly": true}')]

    capsys.readouterr()
    assert run("start", "DailyBackup", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"started": "DailyBackup", "answer": {"made": True}}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["start", "Nightlies"], "no schedule 'Nightlies'; there are DailyBackup, Nightly"),
        (["start"], "name the schedule; there are DailyBackup, Nightly"),
        (["list", "Nightly"], "schedules start Nightly"),
    ],
)
def test_a_mistake_starts_nothing(deployment: Deployment, words: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        run(*words)
    assert deployment.started == []


def test_a_function_that_fails_is_told(deployment: Deployment) -> None:
    deployment.broken = True

    with pytest.raises(UnavailableError, match="TimeoutError"):
        run("start", "DailyBackup")
