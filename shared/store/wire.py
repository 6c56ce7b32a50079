"""DynamoDB's protocol: signed JSON over kept connections, repeated when something passes by itself.

The SDK does the same for every service there is, from descriptions it reads at the start, and takes several
times the processor time of this for each call (see `docs/decisions`). What is not DynamoDB goes by the SDK.
"""

from __future__ import annotations

import os
from binascii import crc32
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from weakref import finalize

import msgspec

from shared.ports.runtime import Clock
from shared.store.connection import BrokenAnswerError, Connection
from shared.store.signing import Credentials, Signer
from shared.store.table import StoreUnavailableError

TARGET: Final = "DynamoDB_20120810."
CONNECT_SECONDS: Final = 2.0
READ_SECONDS = 5.0
ATTEMPTS: Final = 4
"""With waits of 25 to 200 ms in between: short blips go unnoticed, and the gateway's 29 s are far off."""

FIRST_WAIT_SECONDS: Final = 0.05
KEPT_CONNECTIONS: Final = 16

TRANSIENT_CODES: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Errors that pass by themselves. A conflict of transactions is one where a single item is written."""

ONCE: Final = frozenset({"CreateBackup"})
"""What makes one more each time: where it is not clear whether it was done, it is not repeated here."""

SERVER_ERROR: Final = 500
OK: Final = 200


class RefusedError(Exception):
    """DynamoDB does not do what it was asked to: `code` is its own, `answer` the whole error object."""

    def __init__(self, code: str, answer: Mapping[str, Any]) -> None:
        super().__init__(
            f"{code}: {answer.get('message') or answer.get('Message') or 'no reason given'}"
        )
        self.code = code
        self.answer = answer


class Wire(Protocol):
    """Calls operations of DynamoDB. Values are in its JSON form, binary ones as `bytes`."""

    def call(self, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of an operation such as `GetItem`.

        Raises:
            RefusedError: it was refused.
            StoreUnavailableError: it was not answered, or only by a fault that passes.
        """


class SignedWire:
    """The `Wire` to an address. Safe between threads: each call has a connection for itself."""

    def __init__(self, address: str, signer: Signer, clock: Clock) -> None:
        self._address = address
        self._host = urlsplit(address).netloc
        self._signer = signer
        self._clock = clock
        self._idle: deque[Connection] = deque(maxlen=KEPT_CONNECTIONS)
        finalize(self, _close, self._idle)

    def call(self, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of an operation; see `Wire`."""
        body = msgspec.json.encode(members)
        once, reason = operation in ONCE, ""
        for attempt in range(ATTEMPTS):
            if attempt:
                longest = FIRST_WAIT_SECONDS * 2 ** (attempt - 1)
                self._clock.sleep(self._clock.uniform(longest / 2, longest))
            try:
                status, answer = self._exchange(TARGET + operation, body, fresh=once)
            except (OSError, BrokenAnswerError, msgspec.DecodeError) as error:
                reason = type(error).__name__
                if once:
                    break
                continue
            if status == OK:
                return answer
            code = str(answer.get("__type", "")).rpartition("#")[2]
            if status < SERVER_ERROR and code not in TRANSIENT_CODES:
                raise RefusedError(code, answer)
            reason = code or f"status {status}"
            if once and status >= SERVER_ERROR:
                break
        raise StoreUnavailableError(f"{operation}: {reason}")

    def _exchange(self, target: str, body: bytes, *, fresh: bool) -> tuple[int, dict[str, Any]]:
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        headers = self._signer.headers(self._host, target, body, now)
        connection = self._new() if fresh else self._connection()
        try:
            try:
                return self._ask(connection, headers, body)
            except ConnectionError:
                if not connection.used:
                    raise
                # Kept open for long, it was closed at the other end: no attempt of its own.
                connection.close()
                connection = self._new()
                return self._ask(connection, headers, body)
        except BaseException:
            connection.close()
            raise

    def _ask(
        self, connection: Connection, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, Any]]:
        status, found, content = connection.post(headers, body)
        checksum = found.get(b"x-amz-crc32")
        if checksum is not None and int(checksum) != crc32(content):
            raise BrokenAnswerError("the checksum is wrong")
        answer = msgspec.json.decode(content, type=dict[str, Any]) if content else {}
        if connection.open:
            self._idle.append(connection)
        else:
            connection.close()
        return status, answer

    def _connection(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._new()

    def _new(self) -> Connection:
        return Connection(self._address, CONNECT_SECONDS, READ_SECONDS)


def _close(connections: deque[Connection]) -> None:
    while connections:
        connections.pop().close()


def dynamodb_wire(clock: Clock, environ: Mapping[str, str] = os.environ) -> SignedWire:
    """The wire of this environment: its region, its credentials, its endpoint where it names one."""
    region = environ.get("AWS_REGION") or environ["AWS_DEFAULT_REGION"]
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    address = (
        environ.get("AWS_ENDPOINT_URL_DYNAMODB")
        or environ.get("AWS_ENDPOINT_URL")
        or f"https://dynamodb.{region}.{suffix}"
    )
    return SignedWire(address, Signer(credentials_of(environ), region, "dynamodb"), clock)


def credentials_of(environ: Mapping[str, str]) -> Callable[[], Credentials]:
    """The credentials of an environment: a function finds its own there, and they stay."""
    access_key, secret_key = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if access_key and secret_key:
        fixed = Credentials(access_key, secret_key, environ.get("AWS_SESSION_TOKEN") or None)
        return lambda: fixed
    return _found_by_the_sdk()


def _found_by_the_sdk() -> Callable[[], Credentials]:
    """Elsewhere than in a function: profiles, roles and the like, renewed before they end."""
    from shared.sdk import sdk  # noqa: PLC0415 - a function has its credentials without the SDK

    found = sdk().get_credentials()
    if found is None:
        raise StoreUnavailableError("there are no AWS credentials")

    def current() -> Credentials:
        frozen = found.get_frozen_credentials()
        assert frozen.access_key is not None
        assert frozen.secret_key is not None
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    return current
