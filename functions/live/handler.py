"""Pages that are open: their connections come, say who they are, are told of changes, and go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger

from functions.live.schemas import hello_of, news_of
from functions.live.service import TOO_MANY, Caller, Greet, Part, Tell
from functions.live.settings import Settings
from shared.adapters.sockets import SIDE_BY_SIDE, Sockets
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.compose import dependencies
from shared.domain.errors import TallyError, UnavailableError
from shared.domain.live import HELLO_WITHIN_S
from shared.store.live import DynamoListeners
from shared.store.table import StoreUnavailableError
from shared.store.versions import DynamoVersions

Event = Mapping[str, Any]
Handler = Callable[[Event, Any], dict[str, Any]]

DONE: Final = {"statusCode": 200}
NOT_NOW: Final = {"statusCode": 503}

logger = Logger()


class Queue(Protocol):
    """Takes messages that come back to this function."""

    def send(self, message: Mapping[str, object], delay_s: int = 0) -> None:
        """Put a message into the queue, to be taken after some seconds."""


def live(greet: Greet, tell: Tell, part: Part, queue: Queue) -> Handler:
    """The handler around the services."""

    def connected(event: Event) -> dict[str, Any]:
        # Nothing is written down of somebody unknown: a message to ourselves looks after them.
        connection_id = event["requestContext"]["connectionId"]
        try:
            queue.send({"overdue": connection_id}, delay_s=HELLO_WITHIN_S)
        except UnavailableError:
            return NOT_NOW
        return DONE

    def said_hello(event: Event) -> dict[str, Any]:
        context = event["requestContext"]
        address = context.get("identity", {}).get("sourceIp", "")
        caller = Caller(context["connectionId"], context["requestId"], address)
        try:
            listener = greet(caller, hello_of(event.get("body") or ""))
        except (TallyError, StoreUnavailableError) as error:
            code = error.code if isinstance(error, TallyError) else UnavailableError.code
            greet.refuse(caller.connection_id, code)
            logger.info("hello refused", code=code, request_id=caller.request_id)
            return DONE
        if listener is None:
            greet.refuse(caller.connection_id, TOO_MANY)
        logger.info(
            "hello",
            workspace=listener.workspace_id if listener else None,
            actor=listener.actor if listener else None,
            request_id=caller.request_id,
        )
        return DONE

    def parted(event: Event) -> dict[str, Any]:
        part.gone(event["requestContext"]["connectionId"])
        return DONE

    routes = {"$connect": connected, "hello": said_hello, "$disconnect": parted}

    def handle(event: Event, context: Any) -> dict[str, Any]:
        if "Records" not in event:
            return routes[event["requestContext"]["routeKey"]](event)
        news = news_of(event["Records"])
        silent = part.overdue(news.overdue)
        report = asdict(tell(news.versions))
        logger.info("told", silent=silent, **report, request_id=context.aws_request_id)
        return {}

    return handle


def build(settings: Settings) -> Handler:
    """The function, put together."""
    deps = dependencies(settings.http)
    listeners, sockets = DynamoListeners(deps.table), Sockets(settings.endpoint)
    greet = Greet(
        deps.identify,
        deps.gate,
        deps.workspaces,
        DynamoVersions(deps.table),
        listeners,
        sockets,
        deps.clock,
    )
    tell = Tell(listeners, sockets, deps.clock, ThreadPoolExecutor(SIDE_BY_SIDE).map)
    queue = SqsQueue(sqs_client, settings.queue_url)
    return live(greet, tell, Part(listeners, sockets), queue)


handler = build(Settings.read())
