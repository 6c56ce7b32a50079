"""What the function needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.compose import HttpSettings
from shared.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    """Whose tokens are taken, where connections are reached, and the queue of what is to be told."""

    http: HttpSettings
    endpoint: str
    queue_url: str

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the environment.

        Raises:
            SettingMissingError: one is not there.
        """
        return cls(
            http=HttpSettings.read(environ),
            endpoint=required(environ, "LIVE_ENDPOINT"),
            queue_url=required(environ, "LIVE_QUEUE_URL"),
        )
