"""The functions as they are deployed: the environment each has, and one of them in this process."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from local.cloud import Cloud, aws_environment, client

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Call = Callable[[], object]
"""Something made ready, to be measured."""


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
    with patch.dict(os.environ, environments(cloud)[name]), silenced():
        yield importlib.import_module(f"functions.{name}.handler").handler


@contextmanager
def silenced() -> Iterator[None]:
    """What this process prints meanwhile goes nowhere, whoever took the output before."""
    sys.stdout.flush()
    kept = os.dup(1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
