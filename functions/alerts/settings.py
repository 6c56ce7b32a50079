"""What the function needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.environment import optional, required


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the environment. `dashboard_url` is empty where there is no dashboard."""

    table_name: str
    topic_arn: str
    live_queue_url: str
    dashboard_url: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the environment.

        Raises:
            SettingMissingError: one is not there.
        """
        return cls(
            table_name=required(environ, "TABLE_NAME"),
            topic_arn=required(environ, "ALERT_TOPIC_ARN"),
            live_queue_url=required(environ, "LIVE_QUEUE_URL"),
            dashboard_url=optional(environ, "DASHBOARD_URL", ""),
        )
