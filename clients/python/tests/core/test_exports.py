"""A downloaded file is whole and checked, or it is not there."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Pauses
from tests.service import NOW, Reply, Seen, Service

from tally import (
    AsyncTally,
    ConnectionFailedError,
    ExportDamagedError,
    ExportFailedError,
    Tally,
    TimedOutError,
)

CONTENT = b"id,userId\r\n" + b"log,alice\r\n" * 10_000
HALF = len(CONTENT) // 2


class Store:
    """Where the files of exports are: hands out what is asked for, in parts when asked for those."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.content = CONTENT
        self.polls = 0
        self.ranges: list[str | None] = []
        service.routes["GET", "/api/usage-logs/export"] = lambda seen: Reply(
            202, {"export": self.export("running")}
        )
        service.routes["GET", "/api/exports/e-1"] = self.poll
        service.routes["GET", "/file"] = self.file
        service.on("GET", "/manifest", self.manifest())

    def export(self, status: str) -> dict[str, Any]:
        return {
            "id": "e-1",
            "kind": "usage-logs",
            "format": "csv",
            "status": status,
            "rows": 10_000,
            "progress": 1 if status == "done" else 0.25,
            "createdAt": NOW,
        }

    def manifest(self) -> dict[str, Any]:
        return {
            "exportId": "e-1",
            "kind": "usage-logs",
            "format": "csv",
            "rows": 10_000,
            "totals": {"requests": 10_000},
            "bytes": len(CONTENT),
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "createdAt": NOW,
        }

    def poll(self, seen: Seen) -> Reply:
        self.polls += 1
        if self.polls < 3:
            return Reply(200, {"export": self.export("running")})
        addresses = {
            "downloadUrl": f"{self.service.url}/file?signature={self.polls}",
            "manifestUrl": f"{self.service.url}/manifest",
            "expiresAt": NOW,
        }
        return Reply(200, {"export": self.export("done"), **addresses})

    def file(self, seen: Seen) -> Reply:
        assert "authorization" not in seen.headers
        asked = seen.headers.get("range")
        self.ranges.append(asked)
        if asked is None:
            return Reply(200, self.content)
        first = int(asked.removeprefix("bytes=").removesuffix("-"))
        return Reply(206, self.content[first:])


@pytest.fixture
def store(service: Service) -> Store:
    return Store(service)


def test_an_export_is_waited_for_and_saved(
    store: Store, client: Tally, pauses: Pauses, tmp_path: Path
) -> None:
    seen: list[tuple[int, int | None]] = []
    manifest = client.exports.save(
        client.exports.usage(format="csv"),
        tmp_path / "logs.csv",
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert (tmp_path / "logs.csv").read_bytes() == CONTENT
    assert manifest.rows == 10_000
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert len(pauses.waited) == 3
    assert [each.name for each in tmp_path.iterdir()] == ["logs.csv"]


def test_an_interrupted_download_goes_on_where_it_was(
    store: Store, client: Tally, tmp_path: Path
) -> None:
    (tmp_path / "logs.csv.part").write_bytes(CONTENT[:HALF])
    client.exports.save(client.exports.usage(), tmp_path / "logs.csv")
    assert store.ranges == [f"bytes={HALF}-"]
    assert (tmp_path / "logs.csv").read_bytes() == CONTENT


def test_a_file_that_is_whole_already_is_only_checked(
    store: Store, client: Tally, tmp_path: Path
) -> None:
    (tmp_path / "logs.csv.part").write_bytes(CONTENT)
    client.exports.save(client.exports.usage(), tmp_path / "logs.csv")
    assert store.ranges == []


def test_an_address_that_ended_is_asked_for_anew(
    store: Store, service: Service, client: Tally, tmp_path: Path
) -> None:
    state = client.exports.wait(client.exports.usage())
    service.routes["GET", "/file"] = lambda seen: (
        Reply(403, b"expired") if seen.query["signature"] == "3" else store.file(seen)
    )
    client.exports.download(state, tmp_path / "logs.csv")
    assert (tmp_path / "logs.csv").read_bytes() == CONTENT


def test_a_file_that_stays_away_is_an_error_and_keeps_what_is_there(
    store: Store, service: Service, client: Tally, tmp_path: Path
) -> None:
    (tmp_path / "logs.csv.part").write_bytes(CONTENT[:HALF])
    service.on("GET", "/file", b"", status=500)
    with pytest.raises(ConnectionFailedError):
        client.exports.save(client.exports.usage(), tmp_path / "logs.csv")
    assert (tmp_path / "logs.csv.part").stat().st_size == HALF


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT[:-1] + b"X", CONTENT + b"X"])
def test_a_damaged_file_gets_no_name(
    store: Store, client: Tally, tmp_path: Path, content: bytes
) -> None:
    store.content = content
    with pytest.raises((ExportDamagedError, ConnectionFailedError)):
        client.exports.save(client.exports.usage(), tmp_path / "logs.csv")
    assert not (tmp_path / "logs.csv").exists()
    store.content = CONTENT
    client.exports.save(client.exports.usage(), tmp_path / "logs.csv")
    assert (tmp_path / "logs.csv").read_bytes() == CONTENT


def test_a_failed_export_is_an_error(store: Store, service: Service, client: Tally) -> None:
    service.on("GET", "/api/exports/e-1", {"export": store.export("failed")})
    with pytest.raises(ExportFailedError):
        client.exports.wait(client.exports.usage())


def test_waiting_ends(store: Store, client: Tally) -> None:
    with pytest.raises(TimedOutError):
        client.exports.wait(client.exports.usage(), timeout=0)


def test_asyncio_saves_exports_too(store: Store, service: Service, tmp_path: Path) -> None:
    store.polls = 3

    async def live() -> None:
        async with AsyncTally("key", service.url) as client:
            manifest = await client.exports.save(
                await client.exports.get("e-1"), tmp_path / "logs.csv"
            )
            assert manifest.rows == 10_000

    asyncio.run(live())
    assert (tmp_path / "logs.csv").read_bytes() == CONTENT
