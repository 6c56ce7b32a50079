"""The core of the AWS SDK, one session a process. Clients of the services are made by it.

It is imported when the first client is made, which many requests never need: importing it takes as long as
all else before the first event. Importing all of boto3 (transfers, resources) would take a third longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session


@cache
def sdk() -> Session:
    """The process's session: what it has read of services and credentials serves every client."""
    from botocore.session import Session  # noqa: PLC0415 - see the module's docstring

    return Session()


def make_client(service: str, given: Mapping[str, Any] | None = None, **settings: Any) -> Any:
    """A client of a service, with the process's credentials and the service's address unless given.

    `given` are the names and values `create_client` takes, `settings` those of `botocore.config.Config`.
    """
    from botocore.config import Config  # noqa: PLC0415 - see the module's docstring

    return sdk().create_client(service, config=Config(**settings), **(given or {}))
