"""How much is in queues."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from shared.adapters.answers import answered
from shared.adapters.sqs import sqs_client

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

COUNTED: Final[tuple[QueueAttributeNameType, ...]] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsDepths:
    """The messages in some queues, those just being looked at included."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls

    @cached_property
    def _client(self) -> SQSClient:
        return sqs_client()

    def total(self) -> int:
        """Messages in all of the queues.

        Raises:
            UnavailableError: a queue does not answer.
        """
        return sum(map(self._of, self._urls))

    def _of(self, url: str) -> int:
        answer = answered(
            lambda: self._client.get_queue_attributes(QueueUrl=url, AttributeNames=list(COUNTED)),
            "A queue could not be looked at.",
        )
        return sum(int(answer["Attributes"].get(name, 0)) for name in COUNTED)
