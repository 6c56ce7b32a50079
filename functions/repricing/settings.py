"""What the function needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.compose import HttpSettings
from shared.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    """Where long runs wait."""

    http: HttpSettings
    queue_url: str

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the environment.

        Raises:
            SettingMissingError: one is not there.
        """
        return cls(HttpSettings.read(environ), required(environ, "REPRICING_QUEUE_URL"))
