"""What the function needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.compose import HttpSettings
from shared.environment import required


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the function: those of every HTTP function, and the queues where failures end."""

    http: HttpSettings
    failure_queue_urls: tuple[str, ...]

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the environment.

        Raises:
            SettingMissingError: one is not there.
        """
        urls = required(environ, "FAILURE_QUEUE_URLS")
        return cls(HttpSettings.read(environ), tuple(filter(None, urls.split(","))))
