"""Files that are served as they are: the OpenAPI document, and the page that shows it."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from shared.domain.errors import NotFoundError
from shared.http.messages import Request, Response

FOLDER: Final = Path(__file__).parent

KEPT: Final = "public, max-age=300"
"""Five minutes: a deployment shows soon, and a page's parts are asked for once."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page takes credentials to try requests with: it runs its own scripts, and calls its own API only."""

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "openapi.json": "application/json",
    "reference/index.html": "text/html; charset=utf-8",
    "reference/page.css": "text/css; charset=utf-8",
    "reference/page.js": "text/javascript; charset=utf-8",
    "reference/swagger-ui.css": "text/css; charset=utf-8",
    "reference/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
}
"""What there is. The last two are put there when the function is bundled."""


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes, plain and compressed, and its version."""

    plain: bytes
    compressed: bytes
    etag: str


@cache
def _read(name: str) -> File:
    plain = (FOLDER / name).read_bytes()
    # The same bytes give the same file everywhere, whatever the time of day.
    return File(plain, gzip.compress(plain, mtime=0), f'"{sha256(plain).hexdigest()[:32]}"')


def serve(request: Request, name: str) -> Response:
    """A file, compressed for whoever takes that; 304 for whoever has it.

    Raises:
        NotFoundError: there is no such file.
    """
    if name not in MEDIA_TYPES or not (FOLDER / name).is_file():
        raise NotFoundError("There is no such file.")
    file = _read(name)
    headers = {
        "cache-control": KEPT,
        "content-type": MEDIA_TYPES[name],
        "etag": file.etag,
        "vary": "accept-encoding",
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
    }
    if _holds(request.headers.get("if-none-match", ""), file.etag):
        return Response(304, None, headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(200, file.compressed, headers | {"content-encoding": "gzip"})
    return Response(200, file.plain, headers)


def _holds(condition: str, etag: str) -> bool:
    """Whether an `If-None-Match` names the version that there is (RFC 9110, 13.1.2: weakly compared)."""
    named = {tag.strip().removeprefix("W/") for tag in condition.split(",")}
    return etag in named or "*" in named
