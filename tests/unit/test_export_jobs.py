"""EXP-2: a job runs its export once, whatever happens to messages and workers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from functions.export import service
from functions.export.jobs import MAX_RECEIVES, RESERVE_MS, SupersededError
from functions.export.schemas import Job, is_jobs, jobs_of
from functions.export.views import export_view
from shared.domain.errors import NotFoundError, UnavailableError
from shared.domain.exports import Export
from tests.exports import ADMIN, PLENTY_MS, Desk, Message
from tests.factories import WORKSPACE
from tests.fakes.export_ports import MemoryFile, MemoryFiles


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Three users with a log each, and a request that leaves everything to jobs."""
    monkeypatch.setattr(service, "INLINE_ROWS", -1)
    desk = Desk(user_privacy="visible")
    for user in ("alice", "bob", "carol"):
        desk.use(f"{user}-1", user)
    return desk


def ids_of(desk: Desk, export: Export) -> set[str]:
    return {row["id"] for row in desk.csv_rows(export)}


class MeddlingFiles(MemoryFiles):
    """Something happens while the rows of a file are written."""

    def __init__(self, *happenings: Any) -> None:
        super().__init__()
        self._happenings = list(happenings)

    def create(self, key: str, media_type: str) -> MemoryFile:
        happening = self._happenings.pop(0) if self._happenings else None
        return Meddled(self, key, media_type, happening)


class Meddled(MemoryFile):
    def __init__(self, files: MemoryFiles, key: str, media_type: str, happening: Any) -> None:
        super().__init__(files, key, media_type)
        self._happening = happening

    def write(self, chunk: bytes) -> None:
        super().write(chunk)
        happening, self._happening = self._happening, None
        if happening is not None:
            happening()


class KilledError(BaseException):
    """The worker dies: nothing that handles errors gets to run."""


def crash() -> None:
    raise KilledError


def test_a_job_runs_the_export_to_its_end(desk: Desk) -> None:
    asked = desk.usage(ADMIN)
    assert asked.status == "running"
    desk.clock.advance(seconds=5)

    desk.jobs.all([Message(asked.export_id).taken()], PLENTY_MS)

    export = desk.now(asked)
    assert (export.status, export.rows, export.attempt) == ("done", 3, 1)
    assert ids_of(desk, export) == {"alice-1", "bob-1", "carol-1"}
    assert desk.manifest(export)["sha256"] == export.sha256
    assert desk.exports.links(desk.workspace, export) is not None


def test_a_message_that_comes_again_changes_nothing(desk: Desk) -> None:
    message = Message(desk.usage(ADMIN).export_id)
    desk.jobs.all([message.taken()], PLENTY_MS)
    files, items = dict(desk.files.content), list(desk.table.items())
    desk.use("late-1")
    before = desk.table.calls["write"]

    desk.jobs.all([message.taken()], PLENTY_MS)

    assert desk.files.content == files
    assert desk.table.calls["write"] == before
    assert [item for item in items if "#EXPORTS" in str(item["pk"])] == [
        item for item in desk.table.items() if "#EXPORTS" in str(item["pk"])
    ]


def test_a_worker_that_crashed_is_followed_by_another_that_begins_anew(desk: Desk) -> None:
    asked = desk.usage(ADMIN)
    message = Message(asked.export_id)
    desk.write._files = desk.files = MeddlingFiles(crash)
    with pytest.raises(KilledError):
        desk.jobs.all([message.taken()], PLENTY_MS)
    assert desk.now(asked).status == "running"
    assert desk.files.content == {}

    desk.jobs.all([message.taken()], PLENTY_MS)

    export = desk.now(asked)
    assert (export.status, export.rows, export.attempt) == ("done", 3, 2)
    assert ids_of(desk, export) == {"alice-1", "bob-1", "carol-1"}


def test_a_crash_between_the_files_and_the_state_is_made_good(desk: Desk) -> None:
    asked = desk.usage(ADMIN)
    message = Message(asked.export_id)
    # The rows' file goes well, the worker dies while it writes the manifest.
    desk.write._files = desk.files = MeddlingFiles(None, crash)
    with pytest.raises(KilledError):
        desk.jobs.all([message.taken()], PLENTY_MS)

    desk.jobs.all([message.taken()], PLENTY_MS)

    export = desk.now(asked)
    assert (export.status, export.data_key[-5:]) == ("done", "2.csv")
    assert desk.manifest(export)["rows"] == 3


def test_failed_attempts_come_again_soon_and_the_last_one_is_final(desk: Desk) -> None:
    asked = desk.usage(ADMIN)
    message = Message(asked.export_id)
    desk.files.full = True

    for _ in range(MAX_RECEIVES):
        assert desk.now(asked).status == "running"
        with pytest.raises(UnavailableError):
            desk.jobs.all([message.taken()], PLENTY_MS)

    export = desk.now(asked)
    assert export.status == "failed"
    assert export_view(export, desk.clock.now_ms())["status"] == "failed"
    assert desk.exports.links(desk.workspace, export) is None
    assert desk.queue.put_back == [("receipt-1", 30), ("receipt-2", 60), ("receipt-3", 0)]


def test_a_message_put_back_from_the_dead_letters_is_run(desk: Desk) -> None:
    asked = desk.usage(ADMIN)
    desk.files.full = True
    message = Message(asked.export_id, received=MAX_RECEIVES - 1)
    with pytest.raises(UnavailableError):
        desk.jobs.all([message.taken()], PLENTY_MS)
    desk.files.full = False

    desk.jobs.all([Message(asked.export_id).taken()], PLENTY_MS)

    assert desk.now(asked).status == "done"


def test_of_two_workers_with_one_message_only_the_later_finishes(desk: Desk) -> None:
    asked = desk.usage(ADMIN)
    message = Message(asked.export_id)
    second = message.taken()
    desk.write._files = desk.files = MeddlingFiles(lambda: desk.jobs.all([second], PLENTY_MS))

    with pytest.raises(SupersededError):
        desk.jobs.all([message.taken()], PLENTY_MS)

    export = desk.now(asked)
    assert (export.status, export.attempt) == ("done", 2)
    assert desk.manifest(export)["sha256"] == export.sha256


def test_an_overtaken_worker_stops_at_its_next_report(desk: Desk) -> None:
    asked = desk.usage(ADMIN)

    def overtake() -> None:
        now = desk.now(asked)
        assert desk.store.save(replace(now, attempt=now.attempt + 1), now)
        desk.clock.advance(seconds=3)

    desk.write._files = desk.files = MeddlingFiles(overtake)

    with pytest.raises(SupersededError):
        desk.jobs.all([Message(asked.export_id).taken()], PLENTY_MS)

    assert desk.files.content == {}
    assert len(desk.files.dropped) == 1
    assert desk.now(asked).status == "running"


def test_progress_is_written_now_and_then(desk: Desk) -> None:
    asked = desk.usage(ADMIN)
    seen: list[Export] = []

    class Slow(MemoryFile):
        def write(self, chunk: bytes) -> None:
            super().write(chunk)
            seen.append(desk.now(asked))
            desk.clock.advance(seconds=1)

    desk.files.create = lambda key, media_type: Slow(desk.files, key, media_type)  # type: ignore[method-assign]

    desk.jobs.all([Message(asked.export_id).taken()], PLENTY_MS)

    # Header, three accounts, manifest: a second each, a report after every other.
    assert [export.rows for export in seen] == [0, 0, 1, 1, 3]
    assert seen[2].updated_ms > seen[1].updated_ms


def test_an_export_too_long_for_a_job_fails_at_once(desk: Desk) -> None:
    asked = desk.usage(ADMIN)
    desk.write._files = desk.files = MeddlingFiles(lambda: desk.clock.advance(seconds=2))

    desk.jobs.all([Message(asked.export_id).taken()], RESERVE_MS + 1_000)

    assert desk.now(asked).status == "failed"
    assert desk.files.content == {}
    assert desk.queue.put_back == []


def test_a_workspace_that_is_gone_fails_the_job(desk: Desk) -> None:
    asked = desk.usage(ADMIN)
    elsewhere = replace(asked, workspace_id="gone")
    desk.store.create(elsewhere)

    with pytest.raises(NotFoundError):
        desk.jobs.all([Job("gone", asked.export_id, MAX_RECEIVES, "receipt")], PLENTY_MS)

    found = desk.store.get("gone", asked.export_id)
    assert found is not None
    assert found.status == "failed"


def test_a_message_about_an_export_that_is_gone_is_let_go(desk: Desk) -> None:
    desk.jobs.all([Job(WORKSPACE, "none", 1, "receipt")], PLENTY_MS)

    assert desk.files.content == {}


def sqs_event(body: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": "m-1",
                "receiptHandle": "receipt",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:exports",
                "awsRegion": "eu-central-1",
            }
        ]
    }


def test_a_queues_event_is_told_from_a_request() -> None:
    event = sqs_event(json.dumps({"workspaceId": "acme", "exportId": "e-1"}))

    assert is_jobs(event)
    assert not is_jobs({"version": "2.0", "routeKey": "GET /api/exports"})
    assert jobs_of(event) == [Job("acme", "e-1", 2, "receipt")]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"workspaceId":"a","exportId":1}'])
def test_a_message_that_is_none_of_ours_is_refused(body: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        jobs_of(sqs_event(body))
