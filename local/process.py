"""The emulator's process: start, find, stop. It listens on the loopback address only."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import asdict, dataclass, replace
from typing import Final

from local.state import ROOT, State

EMULATOR: Final = ROOT / ".venv-cloud" / "bin" / "ministack"
START_SECONDS: Final = 60
STOP_SECONDS: Final = 300
"""It writes all its data when it is told to end; ended earlier, it leaves files that do not fit together."""

POLL_SECONDS: Final = 0.1
INHERITED: Final = ("HOME", "LANG", "LC_ALL", "PATH", "USER")
"""What the emulator, and so every function, sees of the caller's environment. No credentials."""

_CHILDREN: Final[dict[int, subprocess.Popen[bytes]]] = {}
"""Emulators that this very process started. Each is waited for when it ends, and a handle that is
dropped while its process runs is taken for a leak."""


class CloudError(RuntimeError):
    """The local cloud does not do what it was asked to; the message says where to look."""


@dataclass(frozen=True, slots=True)
class Process:
    """An emulator that runs, or ran: `ended` well if it has put its data away."""

    pid: int
    port: int
    ended: bool = False

    @property
    def url(self) -> str:
        """The address of every AWS service in it."""
        return f"http://127.0.0.1:{self.port}"


def find(state: State) -> Process | None:
    """The emulator that belongs to this folder, when there is one; waits for a busy one to answer.

    Raises:
        CloudError: it is there and does not answer.
    """
    process = _remembered(state)
    if process is None or not _is_ours(process.pid):
        return None
    _await_answer(state, process)
    return process


def lost(state: State) -> bool:
    """Whether the folder's emulator ended without putting its data away: killed, or the machine went down."""
    process = _remembered(state)
    return process is not None and not process.ended and not _is_ours(process.pid)


def start(state: State) -> Process:
    """Start an emulator on a free port, the last one's when that is free still.

    Raises:
        CloudError: it is not installed, or did not come up in time.
    """
    if not EMULATOR.is_file():
        raise CloudError("the local cloud is not installed: run `make setup`")
    last = _remembered(state)
    port = _free_port(last.port if last else 0)
    for folder in (state.data, state.scratch):
        folder.mkdir(parents=True, exist_ok=True)
    _rewind_streams(state)
    with state.log_file.open("ab") as log:
        started = subprocess.Popen(
            [str(EMULATOR)],
            env=_environment(state, port),
            cwd=state.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _CHILDREN[started.pid] = started
    process = Process(started.pid, port)
    state.write(state.process_file, asdict(process))
    try:
        _await_answer(state, process)
    except CloudError:
        started.kill()
        raise
    return process


def stop(state: State) -> bool:
    """Stop the folder's emulator and wait until it has put its data away.

    Returns:
        Whether there was one.

    Raises:
        CloudError: it did not end; it still runs.
    """
    process = _remembered(state)
    if process is None or not _is_ours(process.pid):
        return False
    os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_ours(process.pid):
        if time.monotonic() > deadline:
            raise CloudError(f"the local cloud (process {process.pid}) does not end")
        time.sleep(POLL_SECONDS)
    state.write(state.process_file, asdict(replace(process, ended=True)))
    shutil.rmtree(state.scratch, ignore_errors=True)
    return True


def _await_answer(state: State, process: Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _healthy(process):
        if not _is_ours(process.pid) or time.monotonic() > deadline:
            raise CloudError(f"the local cloud does not answer; see {state.log_file}")
        time.sleep(POLL_SECONDS)


def _environment(state: State, port: int) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "INFO",
        "PERSIST_STATE": "1",
        "PYTHONUNBUFFERED": "1",
        "S3_DATA_DIR": str(state.data / "s3"),
        "S3_PERSIST": "1",
        "STATE_DIR": str(state.data),
        "TMPDIR": str(state.scratch),
    }


def _rewind_streams(state: State) -> None:
    """Let every reader of a stream begin anew.

    The emulator keeps how far each had read, but not the streams: after a restart they are empty, and a
    reader would wait for as many new records as it had ever read.
    """
    kept = state.data / "lambda.json"
    value = state.read(kept)
    if value:
        value["payload"]["dynamodb_stream_positions"]["data"] = {}
        state.write(kept, value)


def _remembered(state: State) -> Process | None:
    kept = state.read(state.process_file)
    return Process(**{"ended": True} | kept) if kept else None


def _is_ours(pid: int) -> bool:
    """Whether that process is an emulator: numbers are used again."""
    if pid in _CHILDREN:
        return _CHILDREN[pid].poll() is None
    seen = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return str(EMULATOR) in seen.stdout


def _healthy(process: Process) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=2)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/_ministack/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


def _free_port(preferred: int) -> int:
    for port in (preferred, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise CloudError("no free port")
