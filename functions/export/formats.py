"""The formats of files: which encoder writes which."""

from __future__ import annotations

from functions.export.encoders import Encoder, write_csv, write_json_array, write_json_lines
from shared.domain.exports import Format


def encoder_of(file_format: Format) -> Encoder:
    """What writes files of a format."""
    if file_format == "parquet":
        # Its library is in a layer of its own, and no other format should wait for it to load.
        from functions.export.parquet import write_parquet  # noqa: PLC0415

        return write_parquet
    return {"csv": write_csv, "json": write_json_array, "jsonl": write_json_lines}[file_format]
