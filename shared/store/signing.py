"""AWS Signature Version 4, for requests with a JSON body to one service in one region."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

ALGORITHM: Final = "AWS4-HMAC-SHA256"
CONTENT_TYPE: Final = "application/x-amz-json-1.0"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request is signed with. `token` comes with credentials that end."""

    access_key: str
    secret_key: str
    token: str | None = None


class Signer:
    """Signs requests to a service of a region. The day's key is made once."""

    def __init__(self, credentials: Callable[[], Credentials], region: str, service: str) -> None:
        self._credentials = credentials
        self._region = region
        self._service = service
        self._kept: tuple[str, str, bytes] = ("", "", b"")

    def headers(self, host: str, target: str, body: bytes, at: datetime) -> dict[str, str]:
        """The headers of a POST to `/` of a host; `target` is the operation's full name."""
        credentials = self._credentials()
        stamp = f"{at.astimezone(UTC).isoformat()[:19]}Z".replace("-", "").replace(":", "")
        # In the order of their names, as they have to be signed.
        signed = {"content-type": CONTENT_TYPE, "host": host, "x-amz-date": stamp}
        if credentials.token is not None:
            signed["x-amz-security-token"] = credentials.token
        signed["x-amz-target"] = target
        listed = ";".join(signed)
        lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
        canonical = f"POST\n/\n\n{lines}\n{listed}\n{sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        text = f"{ALGORITHM}\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._key(credentials, stamp[:8]), text.encode(), "sha256").hex()
        signed["authorization"] = (
            f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={listed}, Signature={signature}"
        )
        return signed

    def _key(self, credentials: Credentials, day: str) -> bytes:
        kept_day, secret, key = self._kept
        if (kept_day, secret) != (day, credentials.secret_key):
            key = f"AWS4{credentials.secret_key}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._kept = day, credentials.secret_key, key
        return key
