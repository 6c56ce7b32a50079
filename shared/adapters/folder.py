"""The function that folds, asked by others: it is the only one that writes cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final

from shared.adapters.answers import answered
from shared.domain.errors import UnavailableError
from shared.sdk import make_client

LONGEST_SECONDS: Final = 150
"""Somewhat more than the function's own limit."""


def lambda_client() -> Any:
    """A client that waits for functions; what fails is repeated by whoever asked."""
    return make_client("lambda", read_timeout=LONGEST_SECONDS, retries={"total_max_attempts": 1})


class LambdaFolder:
    """`Folder` by invoking the deployed function."""

    def __init__(self, make_client: Callable[[], Any], function: str) -> None:
        self._make_client = make_client
        self._function = function

    @cached_property
    def _client(self) -> Any:
        return self._make_client()

    def fold(self, workspace_id: str, account_ids: Sequence[str]) -> int:
        """Fold accounts' journals as far as time allows; how many are left.

        Raises:
            UnavailableError: the function did not do it.
        """
        rows = [{"workspaceId": workspace_id, "accountId": each} for each in account_ids]
        return self._ask({"redrive": rows})

    def clear(self, workspace_id: str, generation: int, account_ids: Sequence[str]) -> bool:
        """Delete a retired generation of accounts (none: of shared cells); False when there is more.

        Raises:
            UnavailableError: the function did not do it.
        """
        said = {
            "workspaceId": workspace_id,
            "generation": generation,
            "accounts": list(account_ids),
        }
        return self._ask({"clear": said}) == 0

    def _ask(self, event: dict[str, Any]) -> int:
        answer = answered(
            lambda: self._client.invoke(
                FunctionName=self._function, Payload=json.dumps(event).encode()
            ),
            "The function that folds did not answer.",
        )
        text = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise UnavailableError(f"The function that folds failed: {text}")
        return int(json.loads(text)["unfinished"])
