"""What the function needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the environment. Daily backups are kept for `days`."""

    table_name: str
    days: int

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the environment.

        Raises:
            SettingMissingError: one is not there.
        """
        return cls(
            table_name=required(environ, "TABLE_NAME"),
            days=int(required(environ, "BACKUP_DAYS")),
        )
