"""A kept connection that speaks as much HTTP/1.1 as asking DynamoDB takes: one POST, one answer, the next.

`http.client` reads the head of an answer as a mail, by a parser that takes longer than anything else a
call does and has to be loaded before the first one.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

AT_ONCE: Final = 65_536
MAX_HEAD_BYTES: Final = 65_536
"""The head of an answer has some hundred bytes; who sends more than this is not DynamoDB."""

PORTS: Final = {"http": 80, "https": 443}
END_OF_LINE: Final = b"\r\n"
END_OF_HEAD: Final = b"\r\n\r\n"


class BrokenAnswerError(Exception):
    """What came back is no whole answer."""


class Answer(NamedTuple):
    """An answer: `headers` by their names in small letters."""

    status: int
    headers: Mapping[bytes, bytes]
    content: bytes


class Connection:
    """A connection to an address such as `https://dynamodb.eu-central-1.amazonaws.com`.

    It is `used` once it has brought an answer, and `open` as long as it takes another request.
    """

    def __init__(self, address: str, connect_seconds: float, read_seconds: float) -> None:
        """Connect.

        Raises:
            OSError: nobody is there, or not in time.
        """
        parts = urlsplit(address)
        name = parts.hostname or ""
        where = name, parts.port or PORTS[parts.scheme]
        self._socket = socket.create_connection(where, connect_seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts.scheme == "https":
            self._socket = _tls().wrap_socket(self._socket, server_hostname=name)
        self._socket.settimeout(read_seconds)
        self._read = b""
        self.used = False
        self.open = True

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request to `/` and read the answer.

        Raises:
            ConnectionError: the other side hung up without a word.
            BrokenAnswerError: it answered otherwise than it may.
            OSError: something else kept it from answering in time.
        """
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        self._read = self._socket.recv(AT_ONCE)
        if not self._read:
            raise ConnectionResetError("hung up")
        try:
            status, found = _head(self._until(END_OF_HEAD))
            content = self._content(found)
        except ValueError as error:
            raise BrokenAnswerError(str(error)) from error
        self.used = True
        self.open = not self._read and found.get(b"connection", b"").lower() != b"close"
        return Answer(status, found, content)

    def close(self) -> None:
        """Hang up."""
        self.open = False
        self._socket.close()

    def _content(self, headers: Mapping[bytes, bytes]) -> bytes:
        """The content, whether its length is told before it or piece by piece."""
        if headers.get(b"transfer-encoding", b"").lower() != b"chunked":
            return self._exactly(int(headers.get(b"content-length", b"not told")))
        pieces = []
        while size := int(self._until(END_OF_LINE).partition(b";")[0], 16):
            pieces.append(self._exactly(size))
            self._until(END_OF_LINE)
        while self._until(END_OF_LINE):
            pass
        return b"".join(pieces)

    def _until(self, end: bytes) -> bytes:
        """What comes before an end mark; the mark itself is skipped."""
        while (at := self._read.find(end)) < 0:
            if len(self._read) > MAX_HEAD_BYTES:
                raise BrokenAnswerError("no end of the head")
            self._read += self._more()
        found, self._read = self._read[:at], self._read[at + len(end) :]
        return found

    def _exactly(self, size: int) -> bytes:
        """The next bytes, so many of them."""
        pieces, missing = [self._read], size - len(self._read)
        while missing > 0:
            pieces.append(self._more())
            missing -= len(pieces[-1])
        whole = b"".join(pieces)
        self._read = whole[size:]
        return whole[:size]

    def _more(self) -> bytes:
        received = self._socket.recv(AT_ONCE)
        if not received:
            raise BrokenAnswerError("cut off")
        return received


def _head(text: bytes) -> tuple[int, dict[bytes, bytes]]:
    """Status and headers.

    Raises:
        ValueError: it is no head of an answer.
    """
    first, *lines = text.split(END_OF_LINE)
    if not first.startswith(b"HTTP/1.1 "):
        raise ValueError("no HTTP/1.1")
    headers = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    return int(first[9:12]), headers


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
