"""What is on disk survives the process, is bounded, and is sent by whoever comes next."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.recorder.test_recorder import AT_ONCE, balanced
from tests.service import Service

from tally import Recorder, Tally
from tally.recorder._journal import Journal

BYTES = 1 << 20


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*.rows"))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal.create(tmp_path, BYTES)
    yield made
    made.close(keep=True)


def orphan(root: Path) -> Journal:
    (found,) = Journal.orphans(root, BYTES)
    return found


def test_rows_come_back_in_their_order(journal: Journal) -> None:
    rows = [b'{"n":%d}' % n for n in range(100)]
    for row in rows:
        journal.append(row)
    assert len(journal) == 100
    assert journal.take(30) + journal.take(100) == rows
    assert len(journal) == 0
    assert journal.take(1) == []


def test_what_was_settled_does_not_come_back(tmp_path: Path) -> None:
    first = Journal.create(tmp_path, BYTES)
    for n in range(10):
        first.append(b"%d" % n)
    assert first.take(4) == [b"0", b"1", b"2", b"3"]
    first.settle()
    first.take(3)
    first.abandon()
    second = orphan(tmp_path)
    assert len(second) == 6
    assert second.take(100) == [b"4", b"5", b"6", b"7", b"8", b"9"]
    second.settle()
    second.close(keep=False)
    assert list(tmp_path.iterdir()) == []


def test_rows_spread_over_segments_are_settled_a_file_at_a_time(tmp_path: Path) -> None:
    small = Journal.create(tmp_path, 800)
    for n in range(40):
        small.append(b"row-%04d" % n)
    assert len(files(tmp_path)) > 5
    small.take(25)
    small.settle()
    left = len(files(tmp_path))
    assert left < 6
    small.abandon()
    second = orphan(tmp_path)
    assert second.take(100) == [b"row-%04d" % n for n in range(25, 40)]
    second.append(b"more")
    assert second.take(100) == [b"more"]
    second.settle()
    second.close(keep=False)


def test_a_damaged_row_is_passed_over_and_counted(tmp_path: Path) -> None:
    first = Journal.create(tmp_path, BYTES)
    for n in range(5):
        first.append(b"row-%d" % n)
    first.abandon()
    (file,) = files(tmp_path)
    content = bytearray(file.read_bytes())
    content[20] ^= 1
    file.write_bytes(bytes(content[:-3]))
    second = orphan(tmp_path)
    assert second.take(100) == [b"row-0", b"row-2", b"row-3"]
    assert second.damaged == 2
    assert second.take(100) == []
    assert len(second) == 0
    second.close(keep=False)


@pytest.mark.parametrize("position", [b"", b"rubbish", b"00000009 000000000000 00000000\n"])
def test_a_lost_position_means_rows_come_again(tmp_path: Path, position: bytes) -> None:
    first = Journal.create(tmp_path, BYTES)
    first.append(b"a")
    first.append(b"b")
    first.take(1)
    first.settle()
    first.abandon()
    (file,) = files(tmp_path)
    (file.parent / "position").write_bytes(position)
    second = orphan(tmp_path)
    assert second.take(100) == [b"a", b"b"]
    second.close(keep=False)


def test_a_folder_has_one_holder(tmp_path: Path) -> None:
    first = Journal.create(tmp_path, BYTES)
    first.append(b"a")
    assert list(Journal.orphans(tmp_path, BYTES)) == []
    other = Journal.create(tmp_path, BYTES)
    assert len(list(tmp_path.iterdir())) == 2
    first.close(keep=True)
    other.close(keep=False)
    assert orphan(tmp_path).take(9) == [b"a"]


def test_other_folders_of_the_place_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "somebody").mkdir()
    (tmp_path / "a-file").touch()
    assert list(Journal.orphans(tmp_path, BYTES)) == []
    assert list((tmp_path / "somebody").iterdir()) == []


def test_a_disk_that_takes_a_part_of_a_row_loses_no_other(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append(b"before")
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, line: write(fd, line[:5]))
    with pytest.raises(OSError, match="part of a row"):
        journal.append(b"half")
    monkeypatch.undo()
    journal.append(b"after")
    assert journal.take(9) == [b"before", b"after"]
    assert journal.damaged == 1
    assert len(journal) == 0


def recorder_of(service: Service, root: Path, **settings: Any) -> Recorder:
    client = Tally("key-1", service.url, runtime=AT_ONCE)
    return Recorder(client, journal=root, **settings)


def test_what_one_recorder_leaves_the_next_one_sends(service: Service, tmp_path: Path) -> None:
    service.down()
    first = recorder_of(service, tmp_path)
    ids = [first.record(user_id="alice", service="chat") for _ in range(30)]
    assert not first.close(0)
    service.up()
    second = recorder_of(service, tmp_path)
    ids.append(second.record(user_id="alice", service="chat"))
    assert second.flush(30)
    assert set(service.logs) == set(ids)
    stats = second.stats
    assert (stats.adopted, stats.recorded, stats.sent) == (30, 1, 31)
    assert balanced(second)
    second.close()
    assert list(tmp_path.iterdir()) == []


def test_a_spilling_recorder_keeps_more_than_its_queue(service: Service, tmp_path: Path) -> None:
    service.down()
    recorder = recorder_of(service, tmp_path, policy="spill", max_queue=5, max_wait=600)
    ids = [recorder.record(user_id="alice", service="chat") for _ in range(300)]
    assert recorder.stats.queued == 300
    service.up()
    assert recorder.flush(60)
    assert set(service.logs) == set(ids)
    assert recorder.stats.dropped == 0
    recorder.close()


def test_a_full_disk_share_forgets_the_oldest_part(service: Service, tmp_path: Path) -> None:
    service.down()
    recorder = recorder_of(
        service, tmp_path, policy="spill", max_journal_bytes=16_000, max_wait=600, max_batch=500
    )
    ids = [recorder.record(user_id="alice", service="chat") for _ in range(500)]
    stats = recorder.stats
    assert stats.dropped > 100
    assert stats.queued + stats.dropped == 500
    assert sum(path.stat().st_size for path in files(tmp_path)) < 20_000
    service.up()
    assert recorder.flush(60)
    assert len(service.logs) == stats.queued
    assert ids[-1] in service.logs
    assert balanced(recorder)
    recorder.close()


def test_the_oldest_on_disk_goes_when_the_queue_is_bounded(
    service: Service, tmp_path: Path
) -> None:
    service.down()
    recorder = recorder_of(service, tmp_path, max_queue=10, max_wait=600, max_batch=500)
    ids = [recorder.record(user_id="alice", service="chat") for _ in range(25)]
    service.up()
    assert recorder.flush(30)
    assert set(service.logs) == set(ids[15:])
    assert recorder.stats.dropped == 15
    recorder.close()


def test_a_disk_that_is_gone_leaves_memory(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.down()
    recorder = recorder_of(service, tmp_path, max_wait=600)

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    recorder.record(user_id="alice", service="chat")
    monkeypatch.setattr(os, "write", full)
    recorder.record(user_id="alice", service="chat")
    monkeypatch.undo()
    service.up()
    assert recorder.flush(30)
    assert len(service.logs) == 2
    recorder.close()


def test_a_forked_child_sends_its_own_and_never_its_parents(
    service: Service, tmp_path: Path
) -> None:
    service.down()
    recorder = recorder_of(service, tmp_path, max_wait=600)
    recorder.record(user_id="parent", service="chat")
    child = os.fork()
    if child == 0:
        try:
            empty = recorder.stats.queued == 0 and recorder.stats.recorded == 0
            recorder.record(user_id="child", service="chat")
            os._exit(0 if empty and recorder.stats.queued == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    recorder.record(user_id="parent", service="chat")
    service.up()
    assert recorder.flush(30)
    assert [row["userId"] for row in service.logs.values()] == ["parent", "parent"]
    recorder.close()
    heir = recorder_of(service, tmp_path)
    assert heir.flush(30)
    assert sorted(row["userId"] for row in service.logs.values()) == ["child", "parent", "parent"]
    heir.close()


def test_a_living_child_does_not_hold_its_parents_journal(service: Service, tmp_path: Path) -> None:
    service.down()
    recorder = recorder_of(service, tmp_path, max_wait=600)
    recorder.record(user_id="parent", service="chat")
    (ready, tell_ready), (end, tell_end) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tell_ready, b"!")
        os.close(tell_end)
        os.read(end, 1)
        os._exit(0)
    os.read(ready, 1)
    recorder.close(0)
    heir = recorder_of(service, tmp_path)
    assert heir.stats.adopted == 1
    os.close(tell_end)
    assert os.waitpid(child, 0)[1] == 0
    service.up()
    assert heir.flush(30)
    heir.close()
    for descriptor in (ready, tell_ready, end):
        os.close(descriptor)


PROGRAM = """
import os, sys, threading
from pathlib import Path
import tally
recorder = tally.Recorder(tally.Tally("key-1", sys.argv[1]), **eval(sys.argv[2]))
{body}
"""


def program(service: Service, body: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body=body), service.url, repr(settings)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


RECORDS = 'for n in range(20): recorder.record(user_id="alice", service="chat")'


def test_a_program_that_ends_sends_first(service: Service) -> None:
    ended = program(service, RECORDS, max_wait=600)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(service.logs) == 20


def test_a_program_that_fails_sends_too(service: Service) -> None:
    assert program(service, f"{RECORDS}\nraise SystemExit(3)", max_wait=600).returncode == 3
    assert len(service.logs) == 20


def test_what_kill_9_cut_off_is_sent_by_the_next(service: Service, tmp_path: Path) -> None:
    service.down()
    killed = program(service, f"{RECORDS}\nos.kill(os.getpid(), 9)", journal=str(tmp_path))
    assert killed.returncode == -9
    service.up()
    recorder = recorder_of(service, tmp_path)
    assert recorder.flush(30)
    assert len(service.logs) == 20
    recorder.close()


WORKERS = """
import multiprocessing
def work(n):
    recorder.record(user_id=f"worker-{n}", service="chat")
context = multiprocessing.get_context("fork")
workers = [context.Process(target=work, args=(n,)) for n in range(3)]
for worker in workers: worker.start()
for worker in workers: worker.join()
recorder.record(user_id="parent", service="chat")
"""


def test_workers_that_are_forked_send_before_they_end(service: Service) -> None:
    ended = program(service, WORKERS, max_wait=600)
    assert (ended.returncode, ended.stderr) == (0, "")
    users = sorted(row["userId"] for row in service.logs.values())
    assert users == ["parent", "worker-0", "worker-1", "worker-2"]


def test_recording_while_the_program_ends_is_no_error(service: Service) -> None:
    body = "import atexit\natexit.register(lambda: recorder.record(user_id='late', service='chat'))"
    ended = program(service, body)
    assert ended.returncode == 0
    assert [row["userId"] for row in service.logs.values()] == ["late"]
