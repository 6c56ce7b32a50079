"""What the function needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.environment import optional, required


@dataclass(frozen=True, slots=True)
class Settings:
    """The table, where its archive and its checkpoints go, and where jobs wait.

    `key_id` names the key that signs; without it checkpoints are not signed.
    """

    table_name: str
    bucket: str
    queue_url: str
    checkpoint_bucket: str
    key_id: str = ""

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
            checkpoint_bucket=required(environ, "CHECKPOINT_BUCKET"),
            key_id=optional(environ, "CHECKPOINT_KEY_ID", ""),
        )
