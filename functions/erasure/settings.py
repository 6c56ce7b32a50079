"""What the function needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.compose import HttpSettings
from shared.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    """Where erasures wait, and where export files and the archive are."""

    http: HttpSettings
    bucket: str
    archive_bucket: str
    queue_url: str

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the environment.

        Raises:
            SettingMissingError: one is not there.
        """
        return cls(
            http=HttpSettings.read(environ),
            bucket=required(environ, "EXPORT_BUCKET"),
            archive_bucket=required(environ, "ARCHIVE_BUCKET"),
            queue_url=required(environ, "ERASURE_QUEUE_URL"),
        )
