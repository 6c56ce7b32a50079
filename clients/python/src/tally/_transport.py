"""From calls to requests and from answers to results, over connections that are kept."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

import httpx

from tally._call import Answer, Call
from tally._errors import (
    ApiError,
    ConfigurationError,
    ConnectionFailedError,
    TallyError,
    TimedOutError,
    UnexpectedAnswerError,
    error_of,
)
from tally._json import loads
from tally._settings import Settings

T = TypeVar("T")


def _version() -> str:
    try:
        return version("tally-client")
    except PackageNotFoundError:
        return "0"


AGENT = f"tally-client/{_version()} python/{platform.python_version()}"


def _headers(settings: Settings) -> dict[str, str]:
    return {
        "authorization": f"Bearer {settings.key}",
        "accept": "application/json",
        "user-agent": AGENT,
    }


def _request(client: Any, settings: Settings, call: Call[Any]) -> httpx.Request:
    """The request of a call; the workspace is named where the path does not."""
    params = dict(call.params)
    if settings.workspace_id is not None:
        params.setdefault("workspaceId", settings.workspace_id)
    headers = dict(call.headers)
    if call.content is not None:
        headers.setdefault("content-type", "application/json")
    request: httpx.Request = client.build_request(
        call.method,
        settings.url + call.path,
        params=params or None,
        content=call.content,
        headers=headers,
    )
    return request


def _result(call: Call[T], response: httpx.Response) -> T:
    if response.status_code >= 400:
        raise _refusal(response)
    if response.status_code >= 300:
        raise UnexpectedAnswerError(f"the address answers {response.status_code}; is it right?")
    try:
        body = loads(response.content) if response.content else None
    except ValueError as error:
        raise UnexpectedAnswerError("the answer is no JSON; is the address right?") from error
    return call.read(Answer(response.status_code, dict(response.headers), body))


def _refusal(response: httpx.Response) -> ApiError:
    try:
        members = loads(response.content)
    except ValueError:
        members = None
    return error_of(
        response.status_code,
        members if isinstance(members, dict) else {},
        request_id=response.headers.get("x-request-id"),
        retry_after=_retry_after(response.headers.get("retry-after")),
    )


def _retry_after(text: str | None) -> float | None:
    """Seconds, of a header that has seconds or a date."""
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at - datetime.now(timezone.utc)).total_seconds())


@contextmanager
def translated() -> Iterator[None]:
    """Turns what httpx raises into errors of this package."""
    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ConfigurationError(f"the address is none: {error}") from error
    except httpx.TimeoutException as error:
        raise TimedOutError(f"no answer in time: {error!r}") from error
    except httpx.HTTPError as error:
        raise ConnectionFailedError(f"no answer: {error!r}") from error


def _anonymous(client: Any, address: str, headers: Mapping[str, str] | None) -> httpx.Request:
    request: httpx.Request = client.build_request("GET", address, headers=headers)
    del request.headers["authorization"]
    return request


class Transport:
    """Sends calls and waits for their answers. For many threads; a forked process gets its own."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        self.settings = settings
        self.given = transport
        self._owner = os.getpid()
        self._client = self._new()

    def _new(self) -> httpx.Client:
        return httpx.Client(
            headers=_headers(self.settings), timeout=self.settings.timeout, transport=self.given
        )

    @property
    def client(self) -> httpx.Client:
        """The connections of this process: two processes on one connection would mix their answers."""
        if self._owner != os.getpid():
            self._owner, self._client = os.getpid(), self._new()
        return self._client

    def send(self, call: Call[T]) -> T:
        """The result of a call, after as many tries as the settings allow."""
        retries = 0
        while True:
            try:
                return self.attempt(call)
            except TallyError as error:
                wait = self.settings.pause_after(error, retries)
                if wait is None:
                    raise
            retries += 1
            self.settings.runtime.sleep(wait)

    def attempt(self, call: Call[T]) -> T:
        """The result of a single try."""
        with translated():
            response = self.client.send(_request(self.client, self.settings, call))
        return _result(call, response)

    @contextmanager
    def plain(
        self, address: str, headers: Mapping[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """A stream from a presigned address, which gets no credential."""
        response = self.client.send(_anonymous(self.client, address, headers), stream=True)
        try:
            yield response
        finally:
            response.close()

    def close(self) -> None:
        """Close the connections."""
        if self._owner == os.getpid():
            self._client.close()


class AsyncTransport:
    """The same for asyncio. Cancelling a call leaves the connections to others as they are."""

    def __init__(
        self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.settings = settings
        self.client = httpx.AsyncClient(
            headers=_headers(settings), timeout=settings.timeout, transport=transport
        )

    async def send(self, call: Call[T]) -> T:
        """The result of a call, after as many tries as the settings allow."""
        retries = 0
        while True:
            try:
                with translated():
                    response = await self.client.send(_request(self.client, self.settings, call))
                return _result(call, response)
            except TallyError as error:
                wait = self.settings.pause_after(error, retries)
                if wait is None:
                    raise
            retries += 1
            await asyncio.sleep(wait)

    @asynccontextmanager
    async def plain(
        self, address: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[httpx.Response]:
        """A stream from a presigned address, which gets no credential."""
        response = await self.client.send(_anonymous(self.client, address, headers), stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()
