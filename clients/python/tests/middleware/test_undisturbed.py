"""A metered service does not notice what becomes of the meter (REC-8, INT-1)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from tests.service import Service
from tests.serving import serving_asgi, serving_wsgi

from tally import Recorder, Tally
from tally.middleware import ASGIMiddleware, Meter, WSGIMiddleware, user_from_header

REQUESTS = 120
CALLERS = 6
METER = Meter("api", user_from_header("x-user-id"))


async def order(request: Request) -> Response:
    number = int(request.path_params["number"])
    if number % 10 == 0:
        return JSONResponse({"detail": f"no order {number}"}, status_code=404)
    if number % 3 == 0:
        return StreamingResponse(iter([b"order ", str(number).encode()]))
    return JSONResponse({"order": number})


ASGI_SERVICE = Starlette(routes=[Route("/orders/{number}", order)])


def wsgi_service(environ: dict[str, Any], start_response: Any) -> Any:
    number = environ["PATH_INFO"].rpartition("/")[2]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return (part.encode() for part in ("order ", number))


def load(url: str, halfway: Callable[[], None]) -> dict[int, tuple[int, bytes]]:
    """What the service answers to many callers at once, with something happening in the middle."""
    count = threading.Semaphore(REQUESTS // 2)
    happened = threading.Lock()

    def ask(number: int) -> tuple[int, tuple[int, bytes]]:
        if not count.acquire(blocking=False) and happened.acquire(blocking=False):
            halfway()
        answer = client.get(f"/orders/{number}", headers={"x-user-id": f"user-{number % 7}"})
        return number, (answer.status_code, answer.content)

    with httpx.Client(base_url=url, timeout=60) as client, ThreadPoolExecutor(CALLERS) as callers:
        return dict(callers.map(ask, range(REQUESTS)))


KINDS: dict[str, tuple[Any, Any, Any]] = {
    "asgi": (serving_asgi, ASGI_SERVICE, ASGIMiddleware),
    "wsgi": (serving_wsgi, wsgi_service, WSGIMiddleware),
}


@pytest.mark.parametrize("kind", KINDS)
def test_answers_stay_the_same_when_the_api_dies_in_mid_load_and_nothing_is_lost(
    kind: str, service: Service
) -> None:
    serving, bare, middleware = KINDS[kind]
    with serving(bare) as url:
        expected = load(url, halfway=lambda: None)

    recorder = Recorder(Tally("key-1", service.url, timeout=5), max_batch=10, max_wait=0.01)
    with serving(middleware(bare, METER, recorder=recorder)) as url:
        answers = load(url, halfway=service.down)
    assert answers == expected

    assert recorder.stats.queued > 0
    service.up()
    assert recorder.flush(30)
    recorder.close()
    assert len(service.logs) == REQUESTS
    assert {row["userId"] for row in service.logs.values()} == {f"user-{n}" for n in range(7)}
    assert recorder.stats.dropped == 0
