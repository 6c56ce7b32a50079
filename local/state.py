"""Where a local cloud keeps what belongs to it: one folder, `.tally/` unless told otherwise."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
STATE_VARIABLE: Final = "TALLY_STATE"


class State:
    """The folder of one local cloud. Two clouds never share one."""

    def __init__(self, folder: Path | None = None) -> None:
        chosen = folder or Path(os.environ.get(STATE_VARIABLE) or ROOT / ".tally")
        self.folder: Final = chosen.resolve()
        self.settings_file: Final = self.folder / "local.json"
        self.process_file: Final = self.folder / "process.json"
        self.log_file: Final = self.folder / "cloud.log"
        self.data: Final = self.folder / "data"
        self.scratch: Final = self.folder / "tmp"
        self.assembly: Final = self.folder / "cdk.out"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder, so that two commands do not start or stop the same cloud at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def forget(self) -> None:
        """Drop everything that was kept, but for the lock that is being held."""
        for kept in (self.settings_file, self.process_file, self.log_file):
            kept.unlink(missing_ok=True)
        for kept in (self.data, self.scratch, self.assembly):
            shutil.rmtree(kept, ignore_errors=True)

    def read(self, file: Path) -> dict[str, Any]:
        """A JSON object, empty when there is no such file."""
        if not file.is_file():
            return {}
        value = json.loads(file.read_text())
        if not isinstance(value, dict):
            raise TypeError(f"{file} does not hold a JSON object")
        return value

    def write(self, file: Path, value: dict[str, Any]) -> None:
        """Replace a JSON object at once, readable by its owner only: passwords stand in some."""
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(value, indent=2) + "\n")
        unfinished.replace(file)
