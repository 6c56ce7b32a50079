"""What the function needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    """The table, where its archive goes, and where jobs wait."""

    table_name: str
    bucket: str
    queue_url: str

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the environment.

        Raises:
            SettingMissingError: one is not there.
        """
        return cls(
            table_name=required(environ, "TABLE_NAME"),
            bucket=required(environ, "ARCHIVE_BUCKET"),
            queue_url=required(environ, "ARCHIVE_QUEUE_URL"),
        )
