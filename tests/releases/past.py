"""A past that any release writes alike: the same commits by the same clock and the same randomness.

`python -m tests.releases.past` writes the items of this release down. Do so when a release is made, under
its version; files of earlier releases stay as they are.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Final

from shared.domain.ledger import Movement
from shared.domain.thresholds import Rules, new_threshold
from shared.store.api_keys import DynamoApiKeys
from shared.store.table import Item, Put
from shared.store.thresholds import threshold_item
from tests.factories import WORKSPACE, an_api_key
from tests.fakes.clock import START_MS
from tests.reconciling import ProvedShop

FOLDER: Final = Path(__file__).parent


def lived() -> ProvedShop:
    """A workspace with usage, purchases, a refund, a key, a threshold, a posting under a key, and cells."""
    shop = ProvedShop()
    shop.live(1)
    used = shop.use("alice", credits=12)
    of = f"tx_{used.account_id.removeprefix('acct_')}_{used.seq}"
    shop.move("refund", "alice", amount=5, refund_of=of)
    shop.ledger.move(WORKSPACE, "bob", Movement("credit", "purchase", 40, note="May"), "invoice-7")
    DynamoApiKeys(shop.table).create(an_api_key(), None, {})
    rules = Rules("workspace", None, "credits", 10**9, None)
    shop.table.write(
        Put(threshold_item(new_threshold(WORKSPACE, "th_" + "0" * 20, rules, START_MS)))
    )
    shop.fold_stream()
    return shop


def to_plain(items: list[Item]) -> list[dict[str, Any]]:
    """Items as JSON holds them."""
    return [{name: _plain(value) for name, value in sorted(item.items())} for item in items]


def from_plain(rows: list[dict[str, Any]]) -> list[Item]:
    """The items of such rows."""
    return [{name: _native(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": b64encode(value).decode()}
    return {"set": sorted(value)} if isinstance(value, set) else value


def _native(value: Any) -> Any:
    if isinstance(value, dict):
        return b64decode(value["bytes"]) if "bytes" in value else set(value["set"])
    return value


def load(release: str) -> list[Item]:
    """The items of a release."""
    return from_plain(json.loads((FOLDER / f"{release}.json").read_text()))


if __name__ == "__main__":
    rows = to_plain(lived().table.items())
    (FOLDER / f"{sys.argv[1]}.json").write_text(
        "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
    )
