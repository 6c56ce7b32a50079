"""The wire to DynamoDB: signed as AWS wants it, patient with what passes, on connections that are kept."""

from __future__ import annotations

import json
from binascii import crc32
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SdkCredentials
from hypothesis import given
from hypothesis import strategies as st

from shared.sdk import sdk
from shared.store import wire as wires
from shared.store.signing import CONTENT_TYPE, Credentials, Signer
from shared.store.table import StoreUnavailableError
from shared.store.wire import (
    ATTEMPTS,
    TRANSIENT_CODES,
    RefusedError,
    SignedWire,
    credentials_of,
    dynamodb_wire,
)
from tests.fakes.clock import FakeClock

KEYS = Credentials("AKID", "secret", "token")
HANG_UP = "hang up"
SILENCE = "silence"


class Server:
    """Answers as lined up: `(status, object)`, `(status, object, headers)`, or not at all."""

    def __init__(self) -> None:
        self.answers: deque[Any] = deque()
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.connections = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                outer.connections += 1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.asked.append(({k.lower(): v for k, v in self.headers.items()}, body))
                answer = outer.answers.popleft()
                if answer == HANG_UP:
                    self.close_connection = True
                    return
                if answer == SILENCE:
                    self.rfile.read(1)
                    return
                status, value, *headers = answer
                content = json.dumps(value).encode()
                self.send_response(status)
                for name, text in {
                    "content-length": str(len(content)),
                    **(headers or [{}])[0],
                }.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def wire(server: Server) -> SignedWire:
    return SignedWire(server.address, Signer(lambda: KEYS, "eu-central-1", "dynamodb"), FakeClock())


def test_an_answer_comes_back_and_the_connection_is_used_again(
    server: Server, wire: SignedWire
) -> None:
    content = json.dumps({"Item": {}}).encode()
    server.answers += [(200, {"Item": {}}, {"x-amz-crc32": str(crc32(content))})] * 2
    assert wire.call("GetItem", {"Key": {"b": {"B": b"\x01\x02"}}}) == {"Item": {}}
    assert wire.call("GetItem", {}) == {"Item": {}}
    headers, body = server.asked[0]
    assert json.loads(body) == {"Key": {"b": {"B": "AQI="}}}
    assert headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert server.connections == 1


@pytest.mark.parametrize("code", sorted(TRANSIENT_CODES))
def test_what_passes_is_tried_again_and_then_told_as_unavailable(
    server: Server, wire: SignedWire, code: str
) -> None:
    fault = (400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}"})
    server.answers += [fault, (200, {"n": 1})]
    assert wire.call("GetItem", {}) == {"n": 1}
    server.answers += [fault] * ATTEMPTS
    with pytest.raises(StoreUnavailableError, match=code):
        wire.call("GetItem", {})
    assert not server.answers


@pytest.mark.parametrize("fault", [(500, {}), (503, {"__type": "x#Y"}), HANG_UP])
def test_a_fault_of_the_other_side_is_tried_again(
    server: Server, wire: SignedWire, fault: object
) -> None:
    server.answers += [fault, (200, {"n": 1})]
    assert wire.call("PutItem", {}) == {"n": 1}


@pytest.mark.parametrize("unclear", [HANG_UP, (500, {"__type": "x#InternalServerError"})])
def test_a_backup_that_may_have_been_made_is_not_made_again(
    server: Server, wire: SignedWire, unclear: Any
) -> None:
    """Each call makes one more; one that was only refused for now made none."""
    server.answers += [(400, {"__type": "x#ThrottlingException"}), unclear, (200, {})]
    with pytest.raises(StoreUnavailableError, match="CreateBackup"):
        wire.call("CreateBackup", {})
    assert len(server.asked) == 2


def test_a_refusal_is_told_at_once_with_all_it_says(server: Server, wire: SignedWire) -> None:
    reasons = [{"Code": "None"}]
    server.answers.append(
        (400, {"__type": "a.b#TransactionCanceledException", "CancellationReasons": reasons})
    )
    with pytest.raises(RefusedError) as refused:
        wire.call("TransactWriteItems", {})
    assert refused.value.code == "TransactionCanceledException"
    assert refused.value.answer["CancellationReasons"] == reasons
    assert len(server.asked) == 1


def test_an_answer_damaged_on_the_way_counts_as_none(server: Server, wire: SignedWire) -> None:
    server.answers += [(200, {"n": 1}, {"x-amz-crc32": "1"}), (200, {"n": 2})]
    assert wire.call("GetItem", {}) == {"n": 2}


def test_a_connection_closed_while_it_was_idle_costs_no_attempt(
    server: Server, wire: SignedWire
) -> None:
    server.answers += [(200, {}), HANG_UP, (200, {"n": 1})]
    wire.call("GetItem", {})
    assert wire.call("GetItem", {}) == {"n": 1}
    assert wire._clock.slept == []  # type: ignore[attr-defined]


def test_silence_is_not_waited_out(
    server: Server, wire: SignedWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wires, "READ_SECONDS", 0.05)
    server.answers += [SILENCE] * ATTEMPTS
    with pytest.raises(StoreUnavailableError, match="TimeoutError"):
        wire.call("GetItem", {})


def test_nobody_there_is_told_as_unavailable() -> None:
    signer = Signer(lambda: KEYS, "eu-central-1", "dynamodb")
    nobody = SignedWire("http://127.0.0.1:9", signer, FakeClock())
    with pytest.raises(StoreUnavailableError, match="ConnectionRefusedError"):
        nobody.call("GetItem", {})


@given(
    body=st.binary(max_size=200),
    token=st.none() | st.text("abc/+=", min_size=1),
    secret=st.text("abcXYZ/+", min_size=1),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_requests_are_signed_as_the_sdk_signs_them(
    body: bytes, token: str | None, secret: str, at: datetime
) -> None:
    host, target = "dynamodb.eu-central-1.amazonaws.com", "DynamoDB_20120810.GetItem"
    signer = Signer(lambda: Credentials("AKID", secret, token), "eu-central-1", "dynamodb")
    ours = signer.headers(host, target, body, at)
    theirs = AWSRequest(
        "POST", f"https://{host}/", {"content-type": CONTENT_TYPE, "x-amz-target": target}, body
    )
    auth = SigV4Auth(SdkCredentials("AKID", secret, token), "dynamodb", "eu-central-1")
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    theirs.context["timestamp"] = stamp
    theirs.headers["X-Amz-Date"] = stamp
    if token is not None:
        theirs.headers["X-Amz-Security-Token"] = token
    signature = auth.signature(auth.string_to_sign(theirs, auth.canonical_request(theirs)), theirs)
    assert ours["authorization"].endswith(f"Signature={signature}")


def test_a_function_signs_with_its_own_credentials_and_others_with_what_the_sdk_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environ = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "T"}
    assert credentials_of(environ)() == Credentials("A", "S", "T")
    # A session that was made where AWS is mocked remembers the credentials of there.
    sdk.cache_clear()
    assert credentials_of({})() == Credentials("testing", "testing", "testing")


@pytest.mark.parametrize(
    ("environ", "host"),
    [
        ({"AWS_REGION": "eu-west-1"}, "dynamodb.eu-west-1.amazonaws.com"),
        ({"AWS_REGION": "cn-north-1"}, "dynamodb.cn-north-1.amazonaws.com.cn"),
        ({"AWS_REGION": "r", "AWS_ENDPOINT_URL": "http://here:1"}, "here:1"),
        (
            {
                "AWS_DEFAULT_REGION": "r",
                "AWS_ENDPOINT_URL": "http://here:1",
                "AWS_ENDPOINT_URL_DYNAMODB": "http://there:2",
            },
            "there:2",
        ),
    ],
)
def test_the_address_is_the_regions_or_the_one_that_is_named(
    environ: dict[str, str], host: str
) -> None:
    assert dynamodb_wire(FakeClock(), environ)._host == host
