"""The functions as they are deployed: the environment each has, and one of them in this process."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any
from unittest.mock import patch

from local.cloud import Cloud, aws_environment, client

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def environments(cloud: Cloud) -> dict[str, dict[str, str]]:
    """The environment of each deployed function, by name, with the cloud's address and root key."""
    found: dict[str, dict[str, str]] = {}
    for page in client("lambda", cloud.url).get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            settings: dict[str, Any] = function.get("Environment", {}).get("Variables", {})
            if "POWERTOOLS_SERVICE_NAME" in settings:
                name = settings["POWERTOOLS_SERVICE_NAME"]
                found[name] = aws_environment(cloud.url) | settings
    return found


@contextmanager
def handler_of(cloud: Cloud, name: str) -> Iterator[Handler]:
    """The handler of a function, in this process, with its own environment; what it logs is dropped."""
    environment = environments(cloud)[name]
    with patch.dict(os.environ, environment), redirect_stdout(io.StringIO()):
        yield importlib.import_module(f"functions.{name}.handler").handler
