"""Whether Tally can answer."""

from __future__ import annotations

from typing import Final

from aws_lambda_powertools import Logger

from shared.domain.errors import NotFoundError, UnavailableError
from shared.ports.workspaces import Workspaces

NOBODY: Final = ""
"""No workspace has an empty id, so asking for it reads the table and finds nothing."""

logger = Logger()


class CheckHealth:
    """Reads from the table, as every request does."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    def __call__(self) -> None:
        """Return when the table answers.

        Raises:
            UnavailableError: it does not, whatever the reason.
        """
        try:
            self._workspaces.get(NOBODY)
        except NotFoundError:
            return
        except Exception as error:  # the reason is for the log, not for whoever asks
            logger.exception("the table does not answer")
            raise UnavailableError("The table cannot be reached.") from error
