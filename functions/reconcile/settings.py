"""What the function needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.environment import optional, required


@dataclass(frozen=True, slots=True)
class Settings:
    """The table, the queues of its own jobs and of others' long work, and the function that folds.

    `checkpoint_key_id` is empty where nothing signs checkpoints.
    """

    table_name: str
    queue_url: str
    erasure_queue_url: str
    export_queue_url: str
    folding_function: str
    checkpoint_bucket: str
    checkpoint_key_id: str

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of the environment.

        Raises:
            SettingMissingError: one is not there.
        """
        return cls(
            required(environ, "TABLE_NAME"),
            required(environ, "RECONCILE_QUEUE_URL"),
            required(environ, "ERASURE_QUEUE_URL"),
            required(environ, "EXPORT_QUEUE_URL"),
            required(environ, "FOLDING_FUNCTION"),
            required(environ, "CHECKPOINT_BUCKET"),
            optional(environ, "CHECKPOINT_KEY_ID", ""),
        )
