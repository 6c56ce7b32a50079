"""Answers as they may come over a kept connection: whole, in pieces, cut off, or not HTTP at all."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.store.connection import MAX_HEAD_BYTES, Answer, BrokenAnswerError, Connection

Say = Callable[..., Connection]


@pytest.fixture
def say() -> Iterator[Say]:
    """A connection to a server that takes a request and says these pieces, then hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads = []

    def made(*pieces: bytes) -> Connection:
        def serve() -> None:
            accepted, _ = listening.accept()
            with accepted, suppress(ConnectionError):
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                request = b""
                while not request.endswith(b"\r\n\r\n{}"):
                    request += accepted.recv(100)
                for piece in pieces:
                    accepted.sendall(piece)

        threads.append(Thread(target=serve, daemon=True))
        threads[-1].start()
        return Connection(f"http://127.0.0.1:{listening.getsockname()[1]}", 5, 5)

    yield made
    for thread in threads:
        thread.join()
    listening.close()


WHOLE = b"HTTP/1.1 200 OK\r\nX-Amz-Crc32:7\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = (
    b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nab\r\n1;name=value\r\nc\r\n0\r\ntrailer: x\r\n\r\n"
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.sets(st.integers(1, len(WHOLE) - 1), max_size=5))
def test_an_answer_is_read_however_it_is_cut(say: Say, cuts: set[int]) -> None:
    bounds = [0, *sorted(cuts), len(WHOLE)]
    pieces = [WHOLE[low:high] for low, high in pairwise(bounds)]
    connection = say(*pieces)
    expected = Answer(200, {b"x-amz-crc32": b"7", b"content-length": b"3"}, b"abc")
    assert connection.post({"host": "h"}, b"{}") == expected
    assert connection.used
    assert connection.open
    connection.close()


@pytest.mark.parametrize("cut", [0, 10, 50, 55, 60, len(CHUNKED) - 2])
def test_content_may_come_piece_by_piece(say: Say, cut: int) -> None:
    connection = say(*filter(None, [CHUNKED[:cut], CHUNKED[cut:]]))
    answer = connection.post({}, b"{}")
    assert (answer.status, answer.content) == (400, b"abc")
    assert connection.open
    connection.close()


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(WHOLE[:-1], id="cut off in the content"),
        pytest.param(WHOLE[:20], id="cut off in the head"),
        pytest.param(CHUNKED[:-4], id="cut off in the pieces"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="no length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", id="no number"),
        pytest.param(b"HTTP/1.1 what\r\ncontent-length: 0\r\n\r\n", id="no status"),
        pytest.param(b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", id="another version"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * MAX_HEAD_BYTES, id="no end"),
    ],
)
def test_what_is_no_whole_answer_is_none(say: Say, said: bytes) -> None:
    connection = say(said)
    with pytest.raises((BrokenAnswerError, ConnectionError)):
        connection.post({}, b"{}")
    assert not connection.used
    connection.close()


def test_hanging_up_without_a_word_is_told_from_a_broken_answer(say: Say) -> None:
    connection = say()
    with pytest.raises(ConnectionError):
        connection.post({}, b"{}")
    connection.close()


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: Close\r\n\r\n"), id="said so"),
        pytest.param(WHOLE + b"HTTP/1.1", id="more than was asked for"),
    ],
)
def test_a_connection_that_ends_or_is_out_of_step_is_not_used_again(say: Say, said: bytes) -> None:
    connection = say(said)
    assert connection.post({}, b"{}").content == b"abc"
    assert not connection.open
    connection.close()
