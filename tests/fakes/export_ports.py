"""What exports need from the outside, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Self

from shared.domain.errors import UnavailableError
from shared.domain.exports import Download, Links


class MemoryFile:
    """A file being written; it lands in the files when its `with` block ends well."""

    def __init__(self, files: MemoryFiles, key: str, media_type: str) -> None:
        self._files = files
        self._key = key
        self._media_type = media_type
        self._content = b""

    @property
    def size_bytes(self) -> int:
        return len(self._content)

    @property
    def sha256(self) -> str:
        return sha256(self._content).hexdigest()

    def write(self, chunk: bytes) -> None:
        if self._files.full:
            raise UnavailableError("The file could not be written.")
        self._content += chunk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            assert self._key not in self._files.content, "no attempt writes over another"
            self._files.content[self._key] = self._content
            self._files.media_types[self._key] = self._media_type
        else:
            self._files.dropped.append(self._key)


class MemoryFiles:
    """Files by key. While `full`, nothing can be written."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.media_types: dict[str, str] = {}
        self.dropped: list[str] = []
        self.full = False

    def create(self, key: str, media_type: str) -> MemoryFile:
        return MemoryFile(self, key, media_type)

    def keys(self, prefix: str) -> Iterator[str]:
        return iter([key for key in self.content if key.startswith(prefix)])

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.content.pop(key, None)


class MemoryExportQueue:
    """A queue of jobs that nobody takes. While `closed`, it takes nothing."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.put_back: list[tuple[str, int]] = []
        self.closed = False

    def send(self, workspace_id: str, export_id: str) -> None:
        if self.closed:
            raise UnavailableError("The export could not be queued.")
        self.sent.append((workspace_id, export_id))

    def retry_in(self, receipt_handle: str, seconds: int) -> None:
        self.put_back.append((receipt_handle, seconds))


class MemoryDownloads:
    """Links that name the file and when they were made."""

    def links(self, files: Sequence[Download], now_ms: int) -> Links:
        urls = (f"https://files.example.com/{file.key}?at={now_ms}" for file in files)
        return Links(tuple(urls), now_ms + 3_300_000)
