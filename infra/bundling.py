"""What is put into the functions' zips and their layer: reproducible, without Docker.

Wheels come from the hash-checked lock, for the target's processor and Python, whatever the host is;
a layer is kept under `.build/` for as long as its lock stays the same. Source files are compiled where
an interpreter of the target's version is at hand: without, a cold start takes three times as long.
Compiled files carry the hash of nothing and the path they will have in the function, so the same
source gives the same bytes on every machine.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from infra.config import Target

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / ".build"
LOCKS: Final = ROOT / "requirements"

AWS_SERVICES: Final = frozenset(
    {"apigatewaymanagementapi", "dynamodb", "kms", "lambda", "s3", "sns", "sqs", "sts"}
)
"""The services the functions call. The SDK's descriptions of four hundred others stay behind: they
are two thirds of its files, and every new execution environment has to unpack them."""

REFERENCE_SOURCE: Final = ROOT / "node_modules" / "swagger-ui-dist"
REFERENCE_FILES: Final = ("swagger-ui-bundle.js", "swagger-ui.css")

_UV_ARCHITECTURE: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
_LAYER_RECIPE: Final = "2"
"""Changes when the way a layer is made does."""


class BundlingError(RuntimeError):
    """A layer or a zip could not be made; the message says which tool refused what."""


def stage_functions(names: Iterable[str], target: Target, parent: Path) -> dict[str, Path]:
    """For each function a new folder below `parent`: `functions/<name>/`, `shared/`, nothing else.

    Raises:
        BundlingError: there is no such function, or its source is not Python of the target's version.
    """
    whole = parent / "_whole"
    _copy_source("shared", whole)
    (whole / "functions").mkdir()
    shutil.copy2(ROOT / "functions" / "__init__.py", whole / "functions")
    folders = {name: f"functions/{name}" for name in names}
    for folder in folders.values():
        if not (ROOT / folder / "__init__.py").is_file():
            raise BundlingError(f"{folder}/ does not exist")
        _copy_source(folder, whole)
    _add_reference(whole / "functions" / "edge" / "reference")
    _compile(whole, target, runs_at="/var/task")
    staged = {}
    for name in folders:
        staged[name] = parent / name
        others = set(folders) - {name}
        shutil.copytree(whole, staged[name], ignore=_leave_out(whole / "functions", others))
    return staged


def _add_reference(folder: Path) -> None:
    """What the page that shows the API runs: no CDN can change it, and it works where there is none."""
    if not folder.is_dir():
        return
    for name in REFERENCE_FILES:
        if not (REFERENCE_SOURCE / name).is_file():
            raise BundlingError(f"{REFERENCE_SOURCE.name} is missing: run `make setup`")
        shutil.copy2(REFERENCE_SOURCE / name, folder)


def _leave_out(parent: Path, names: set[str]) -> Callable[[str, list[str]], set[str]]:
    return lambda folder, _: names if Path(folder) == parent else set()


def _copy_source(folder: str, into: Path) -> None:
    shutil.copytree(
        ROOT / folder, into / folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )


def build_layer(target: Target, lock: str) -> Path:
    """A folder with the wheels of `requirements/<lock>.txt` for `target`, in a layer's layout.

    Raises:
        BundlingError: a wheel is missing for the target or fails its hash.
    """
    recipe = f"{_LAYER_RECIPE} {target} {sorted(AWS_SERVICES)} {can_compile(target)}"
    pins = LOCKS / f"{lock}.txt"
    digest = hashlib.sha256(recipe.encode() + pins.read_bytes()).hexdigest()[:16]
    layer = BUILD / f"layer-{lock}-{digest}"
    if layer.is_dir():
        return layer
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as unfinished:
        packages = Path(unfinished) / "layer" / "python"
        _install(packages, target, pins)
        _trim(packages)
        _compile(packages, target, runs_at="/opt/python")
        # Another process may have been faster; its layer is as good as ours.
        with contextlib.suppress(OSError):
            packages.parent.rename(layer)
    return layer


def _install(packages: Path, target: Target, pins: Path) -> None:
    platform = f"{_UV_ARCHITECTURE[target.architecture]}-manylinux_2_28"
    _run(
        *(_uv(), "pip", "install", "--quiet", "--target", str(packages)),
        *(() if target.on_host else ("--python-platform", platform)),
        *("--python-version", target.python),
        *("--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", str(pins)),
    )


def _trim(packages: Path) -> None:
    for description in (packages / "botocore" / "data").glob("*"):
        if description.is_dir() and description.name not in AWS_SERVICES:
            shutil.rmtree(description)
    shutil.rmtree(packages / "bin", ignore_errors=True)
    (packages / ".lock").unlink(missing_ok=True)


def _compile(folder: Path, target: Target, *, runs_at: str) -> None:
    python = _python(target)
    if python is None:
        return
    _run(
        *(python, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(folder), "-p", runs_at, str(folder)),
    )


def can_compile(target: Target) -> bool:
    """Whether an interpreter of the target's version is at hand."""
    return _python(target) is not None


@functools.cache
def _python(target: Target) -> str | None:
    found = subprocess.run(
        [
            _uv(),
            "python",
            "find",
            "--no-project",
            "--no-python-downloads",
            "--system",
            target.python,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or None


def _uv() -> str:
    beside = ROOT / ".venv" / "bin" / "uv"
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv is None:
        raise BundlingError("uv is missing: run `make setup`")
    return uv


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundlingError(f"{Path(command[0]).name} {command[1]}: {done.stderr or done.stdout}")
