"""Tables as a restore handles them: made from a backup, then given back what no restore brings along.

DynamoDB restores items, keys, indexes and, told so, encryption. The stream, expiry, continuous backup, tags
and protection from deletion are those of a table just made; what they have to be stands in the template of
the stack, of which every deployed release has one, even when the table it speaks of is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from operations.errors import CommandError
from operations.stack import Stack, UnknownStackError
from shared.domain.calendar import parse_timestamp, utc_text
from shared.ports.runtime import Clock

ACTIVE: Final = "ACTIVE"
NOT_YET: Final = frozenset({"ContinuousBackupsUnavailableException", "ResourceInUseException"})
"""A table that has just been made is not ready for everything at once."""

WAIT_SECONDS: Final = 5.0
"""Between looks at a table; a restore takes from minutes to hours, mostly by its size."""

SOURCE_TAG: Final = "tally:in-place-of"
SINCE_TAG: Final = "tally:decided-since"

LONGEST_RESTORE_SECONDS: Final = 12 * 3_600


class RestoreError(CommandError):
    """A restore cannot go on; the message says why, and nothing that is in use has been changed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the release says its table has besides items and indexes. `copies` are other regions."""

    stream_view: str
    ttl_attribute: str
    continuous_days: int
    protected: bool
    key_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """The table used before, and from when on what was decided there may be missing in the new one."""

    table: str
    since_ms: int


def wanted_of(stack: Stack) -> Wanted:
    """What the template of a stack says of its table.

    Raises:
        UnknownStackError: the template speaks of no table; it is no stack of this product.
    """
    template = stack.client("cloudformation").get_template(StackName=stack.name)["TemplateBody"]
    found = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::DynamoDB::GlobalTable"
    ]
    if len(found) != 1:
        raise UnknownStackError(f"{stack.name} has {len(found)} tables in its template")
    table = found[0]
    here, copies = _replicas(table, stack)
    encryption = here.get("SSESpecification", {})
    return Wanted(
        stream_view=table["StreamSpecification"]["StreamViewType"],
        ttl_attribute=table["TimeToLiveSpecification"]["AttributeName"],
        continuous_days=here["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"],
        protected=bool(here.get("DeletionProtectionEnabled")),
        key_id=_key_of(stack) if encryption else None,
        tags={tag["Key"]: tag["Value"] for tag in here.get("Tags", ())},
        copies=copies,
    )


def _replicas(table: Mapping[str, Any], stack: Stack) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The table in the stack's own region, and which others it has copies in."""
    region = stack.client("cloudformation").meta.region_name
    own = [each for each in table["Replicas"] if each["Region"] in (region, {"Ref": "AWS::Region"})]
    others = tuple(each["Region"] for each in table["Replicas"] if each not in own)
    return own[0], others


def _key_of(stack: Stack) -> str:
    return next(each.id for each in stack.resources() if each.name == "DataKey")


class Tables:
    """DynamoDB's tables and backups, as an operator sees them."""

    def __init__(self, stack: Stack) -> None:
        self._client = stack.client("dynamodb")
        self._clock: Clock = stack.clock

    def state(self, name: str) -> Mapping[str, Any] | None:
        """A table's description; None when there is none."""
        try:
            found: Mapping[str, Any] = self._client.describe_table(TableName=name)["Table"]
        except self._client.exceptions.ResourceNotFoundException:
            return None
        return found

    def made_ms(self, name: str) -> int:
        """When a table was made; 0 where there is none."""
        table = self.state(name)
        return 0 if table is None else round(table["CreationDateTime"].timestamp() * 1000)

    def window(self, name: str) -> tuple[datetime, datetime] | None:
        """From when to when a table can be brought to any second; None without continuous backup."""
        try:
            answer = self._client.describe_continuous_backups(TableName=name)
        except self._client.exceptions.TableNotFoundException:
            return None
        found = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        if "EarliestRestorableDateTime" not in found:
            return None
        return found["EarliestRestorableDateTime"], found["LatestRestorableDateTime"]

    def restore_backup(self, address: str, name: str, wanted: Wanted) -> None:
        """Begin to make a table of a backup."""
        self._client.restore_table_from_backup(
            TargetTableName=name, BackupArn=address, **_encryption(wanted)
        )

    def restore_moment(self, source: str, at_ms: int | None, name: str, wanted: Wanted) -> None:
        """Begin to make a table as another was at a moment; None: as late as can be."""
        moment: dict[str, Any] = {"UseLatestRestorableTime": True}
        if at_ms is not None:
            moment = {"RestoreDateTime": datetime.fromtimestamp(at_ms / 1000, UTC)}
        self._client.restore_table_to_point_in_time(
            SourceTableName=source, TargetTableName=name, **moment, **_encryption(wanted)
        )

    def fit(self, name: str, wanted: Wanted) -> Iterator[str]:
        """Give a table all that the release wants of one; tells what was missing, as it is mended."""
        table = self.await_active(name)
        address = table["TableArn"]
        if not table.get("StreamSpecification", {}).get("StreamEnabled"):
            stream = {"StreamEnabled": True, "StreamViewType": wanted.stream_view}
            self._update(name, StreamSpecification=stream)
            yield f"stream of {wanted.stream_view}"
        if wanted.protected and not table.get("DeletionProtectionEnabled"):
            self._update(name, DeletionProtectionEnabled=True)
            yield "protection from deletion"
        expiry = self._client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if expiry.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
            expires = {"Enabled": True, "AttributeName": wanted.ttl_attribute}
            self._client.update_time_to_live(TableName=name, TimeToLiveSpecification=expires)
            yield f"expiry by {wanted.ttl_attribute}"
        if self.window(name) is None:
            self._continuous(name, wanted.continuous_days)
            yield f"continuous backup of {wanted.continuous_days} days"
        there = self._client.list_tags_of_resource(ResourceArn=address).get("Tags", ())
        missing = wanted.tags.items() - {(tag["Key"], tag["Value"]) for tag in there}
        if missing:
            tags = [{"Key": key, "Value": value} for key, value in sorted(missing)]
            self._client.tag_resource(ResourceArn=address, Tags=tags)
            yield "tags " + ", ".join(tag["Key"] for tag in tags)
        for region in wanted.copies:
            yield f"NOT made: the copy in {region} (see docs/operations.md)"

    def note_source(self, name: str, source: Source) -> None:
        """Write down which table a table takes the place of, for a run that goes on after the swap."""
        address = self.await_active(name)["TableArn"]
        noted = {SOURCE_TAG: source.table, SINCE_TAG: utc_text(source.since_ms)}
        tags = [{"Key": key, "Value": value} for key, value in noted.items()]
        self._client.tag_resource(ResourceArn=address, Tags=tags)

    def source(self, name: str) -> Source | None:
        """Which table a table took the place of; None where nobody wrote it down."""
        address = self.await_active(name)["TableArn"]
        there = self._client.list_tags_of_resource(ResourceArn=address).get("Tags", ())
        tags = {tag["Key"]: tag["Value"] for tag in there}
        if not {SOURCE_TAG, SINCE_TAG} <= tags.keys():
            return None
        return Source(tags[SOURCE_TAG], parse_timestamp(tags[SINCE_TAG]))

    def stream(self, name: str) -> str:
        """The address of a table's stream.

        Raises:
            RestoreError: it has none.
        """
        address = (self.state(name) or {}).get("LatestStreamArn")
        if address is None:
            raise RestoreError(f"{name} has no stream")
        return str(address)

    def await_active(self, name: str) -> Mapping[str, Any]:
        """A table once it, and every index, is ready.

        Raises:
            RestoreError: there is none, or it takes longer than any restore should.
        """

        def look() -> Mapping[str, Any] | None:
            table = self.state(name)
            if table is None:
                raise RestoreError(f"there is no table {name}")
            indexes = table.get("GlobalSecondaryIndexes", ())
            # The local cloud says nothing of the indexes of a table that a stack has made.
            ready = (index.get("IndexStatus", ACTIVE) for index in indexes)
            states = {table["TableStatus"], *ready}
            return table if states == {ACTIVE} else None

        return self._await(look, f"{name} does not become ready")

    def _update(self, name: str, **change: Any) -> None:
        self._client.update_table(TableName=name, **change)
        self.await_active(name)

    def _continuous(self, name: str, days: int) -> None:
        specification = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}

        def switch() -> Mapping[str, Any] | None:
            try:
                answer: Mapping[str, Any] = self._client.update_continuous_backups(
                    TableName=name, PointInTimeRecoverySpecification=specification
                )
            except ClientError as error:
                if error.response["Error"]["Code"] not in NOT_YET:
                    raise
                return None
            return answer

        self._await(switch, f"{name} takes no continuous backup")

    def _await(self, look: Callable[[], Mapping[str, Any] | None], what: str) -> Mapping[str, Any]:
        begun = self._clock.monotonic()
        while (seen := look()) is None:
            if self._clock.monotonic() - begun > LONGEST_RESTORE_SECONDS:
                raise RestoreError(what)
            self._clock.sleep(WAIT_SECONDS)
        return seen


def _encryption(wanted: Wanted) -> dict[str, Any]:
    if wanted.key_id is None:
        return {}
    key = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": wanted.key_id}
    return {"SSESpecificationOverride": key}
