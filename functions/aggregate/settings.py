"""What the function needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    """The table, and the queue for accounts that had to be parked."""

    table_name: str
    parked_queue_url: str

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the environment.

        Raises:
            SettingMissingError: one is not there.
        """
        return cls(required(environ, "TABLE_NAME"), required(environ, "PARKED_QUEUE_URL"))
