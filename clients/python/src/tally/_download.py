"""A file of an export, fetched in parts and held against its manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Final

import httpx

from tally._decode import decode
from tally._errors import (
    ConnectionFailedError,
    ExportDamagedError,
    ExportFailedError,
    TimedOutError,
)
from tally._json import loads
from tally._models.exports import ExportState, Manifest
from tally._settings import Runtime, pause

Progress = Callable[[int, int | None], None]
"""Is told bytes so far and, where known, bytes in all."""

CHUNK: Final = 1 << 16
PARTIAL: Final = 206
UNSATISFIABLE: Final = 416


def manifest_of(response: httpx.Response) -> Manifest:
    """What a complete file has.

    Raises:
        ConnectionFailedError: the manifest could not be fetched.
    """
    if response.status_code != 200:
        raise ConnectionFailedError(f"the manifest's address answers {response.status_code}")
    return decode(Manifest, loads(response.content))


def addresses_of(state: ExportState) -> tuple[str, str]:
    """Where file and manifest of a finished export are.

    Raises:
        ExportFailedError: it has none.
    """
    if state.download_url is None or state.manifest_url is None:
        raise ExportFailedError(f"export {state.export.id} is {state.export.status}")
    return state.download_url, state.manifest_url


class Waiting:
    """How long an export is waited for."""

    def __init__(
        self,
        runtime: Runtime,
        timeout: float,
        on_progress: Callable[[ExportState], None] | None,
    ) -> None:
        self._runtime = runtime
        self._timeout = timeout
        self._deadline = runtime.monotonic() + timeout
        self._on_progress = on_progress
        self._asked = 0

    def pause(self, state: ExportState) -> float | None:
        """Seconds until it is asked for again; None when it is done.

        Raises:
            ExportFailedError: it failed.
            TimedOutError: the time is up.
        """
        if self._on_progress is not None:
            self._on_progress(state)
        if state.export.status == "failed":
            raise ExportFailedError(f"export {state.export.id} failed")
        if state.export.status == "done" and state.download_url is not None:
            return None
        if self._runtime.monotonic() >= self._deadline:
            raise TimedOutError(f"export {state.export.id} is not done after {self._timeout} s")
        self._asked += 1
        return pause(self._asked, self._runtime.random())


class Download:
    """A file on its way: `name.part` until it is whole and checked, then `name`.

    What is there of `name.part` already is kept, so that an interrupted download goes on.
    """

    def __init__(self, path: Path, manifest: Manifest, progress: Progress | None) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._manifest = manifest
        self._progress = progress
        self._hash = hashlib.sha256()
        self._size = 0
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Download:
        self._part.parent.mkdir(parents=True, exist_ok=True)
        self._part.touch(mode=0o600)
        self._file = self._part.open("r+b")
        self._recount()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._file is not None
        self._file.close()

    def _recount(self) -> None:
        assert self._file is not None
        while chunk := self._file.read(CHUNK):
            self._hash.update(chunk)
            self._size += len(chunk)
        if self._size > self._manifest.bytes:
            self._restart()

    def _restart(self) -> None:
        assert self._file is not None
        self._file.seek(0)
        self._file.truncate()
        self._hash, self._size = hashlib.sha256(), 0

    @property
    def complete(self) -> bool:
        """Whether every byte is there."""
        return self._size == self._manifest.bytes

    @property
    def headers(self) -> dict[str, str]:
        """What to ask for: the bytes that are missing, as they are."""
        headers = {"accept-encoding": "identity"}
        return headers | ({"range": f"bytes={self._size}-"} if self._size else {})

    def begin(self, response: httpx.Response) -> None:
        """Look at an answer before its bytes are taken.

        Raises:
            ConnectionFailedError: it has no bytes for us.
        """
        if response.status_code == 200:
            self._restart()
        elif response.status_code != PARTIAL:
            raise ConnectionFailedError(f"the file's address answers {response.status_code}")

    def take(self, chunk: bytes) -> None:
        """Some more bytes."""
        assert self._file is not None
        self._file.write(chunk)
        self._hash.update(chunk)
        self._size += len(chunk)
        if self._progress is not None:
            self._progress(self._size, self._manifest.bytes)

    def finish(self) -> Manifest:
        """Hold the file against its manifest, and give it its name.

        Raises:
            ExportDamagedError: they differ; what was fetched is thrown away.
        """
        assert self._file is not None
        if not self.complete or self._hash.hexdigest() != self._manifest.sha256:
            seen = f"{self._size} bytes, SHA-256 {self._hash.hexdigest()}"
            self._restart()
            raise ExportDamagedError(
                f"{self._path.name}: {seen}; the manifest says {self._manifest.bytes} bytes, "
                f"{self._manifest.sha256}"
            )
        self._file.flush()
        self._part.replace(self._path)
        return self._manifest
