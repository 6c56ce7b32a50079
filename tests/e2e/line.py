"""A line to the API that can be cut in the middle of anything and mended again."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Final
from urllib.parse import urlsplit

RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER that resets a connection, so that both ends see it break."""

CHUNK: Final = 1 << 16


class Line:
    """A TCP relay on the loopback address to where `url` leads."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "", parts.port or 80)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._whole = True
        self.refused = 0
        port = self._server.getsockname()[1]
        self.url = url.replace(f":{parts.port}", f":{port}", 1)
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection, and each that is tried from now on."""
        self._whole = False
        for end in list(self._open):
            self._reset(end)

    def mend(self) -> None:
        """Let connections through again."""
        self._whole = True

    def close(self) -> None:
        """End it."""
        self.cut()
        self._server.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                if self._whole:
                    self._relay(near)
                else:
                    self.refused += 1
                    self._reset(near)

    def _relay(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target)
        except OSError:
            self._reset(near)
            return
        self._open |= {near, far}
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                sink.sendall(chunk)
        self._reset(source)
        self._reset(sink)

    def _reset(self, end: socket.socket) -> None:
        self._open.discard(end)
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.shutdown(socket.SHUT_RDWR)
        end.close()
