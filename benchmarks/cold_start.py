"""Cold starts: what a function does before its first event, against a bare client of the table (OPS-1).

Each runs in a fresh interpreter with the very code and layer that are deployed, compiled as they are
there. Processor time is compared, the bare interpreter's taken off both sides: it does not depend on what
else the machine is doing.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.deployed import environments
from benchmarks.results import Result
from infra import bundling
from infra.app import host_target
from infra.function_specs import FUNCTIONS
from local.cloud import Cloud, aws_environment
from shared.routes import ROUTES

STARTS: Final = 7
"""Starts of each; the quickest counts, for nothing but trouble makes one slower."""

GOAL: Final = 1.5
BASELINE: Final = "import boto3; boto3.client('dynamodb')"


def run(cloud: Cloud) -> list[Result]:
    """Measure every function that answers HTTP requests."""
    found = environments(cloud)
    answering = {route.function for route in ROUTES}
    names = [spec.name for spec in FUNCTIONS if spec.name in answering]
    layer = bundling.build_layer(host_target(), "runtime") / "python"
    with tempfile.TemporaryDirectory() as parent:
        folders = bundling.stage_functions(
            [spec.name for spec in FUNCTIONS], host_target(), Path(parent)
        )
        bare = _seconds("pass", [layer], {})
        baseline = _seconds(BASELINE, [layer], aws_environment(cloud.url)) - bare
        return [
            Result(
                f"cold start of {name}",
                1000
                * (
                    _seconds(
                        f"import functions.{name}.handler",
                        [folders[name], layer],
                        found[name],
                    )
                    - bare
                ),
                "ms",
                1000 * baseline,
                GOAL,
            )
            for name in names
        ]


def _seconds(code: str, path: list[Path], environment: Mapping[str, str]) -> float:
    """Processor seconds of the quickest of some fresh interpreters."""
    settings = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        **environment,
    }
    interpreter = str(getattr(sys, "_base_executable", sys.executable))
    found = []
    for _ in range(STARTS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([interpreter, "-s", "-c", code], env=settings, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)
