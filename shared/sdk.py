"""The core of the AWS SDK, one session a process. Clients of the services are made by it.

Importing all of boto3 (transfers, resources) before the first event takes a third longer than this.
"""

from __future__ import annotations

from functools import cache

from botocore.session import Session


@cache
def sdk() -> Session:
    """The process's session: what it has read of services and credentials serves every client."""
    return Session()
