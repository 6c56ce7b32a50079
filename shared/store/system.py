"""The system's own items: probes of the stream with their answers, and what nightly jobs said.

A probe is one item, written over by the next. The stream brings each change of it to the function that
folds, whose answer is another item: so the lag is measured, on demand, on the way that entries take.
"""

from __future__ import annotations

from shared.domain.system import Echo, Nightly
from shared.store.schema import ECHO_SK, NIGHTLY_SK, PROBE_SK, SCHEMA_VERSION, system_key
from shared.store.table import (
    Absent,
    AnyOf,
    Below,
    ConditionFailedError,
    Put,
    Table,
    Update,
    number,
    optional_number,
)


class DynamoSystem:
    """The system's items in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def probe(self, at_ms: int) -> None:
        """Send a probe into the stream; it remembers the oldest one without an answer."""
        waiting = self.echo().waiting_since_ms
        since = at_ms if waiting is None else waiting
        self._table.write(
            Put({**system_key(PROBE_SK), "v": SCHEMA_VERSION, "at": at_ms, "si": since})
        )

    def echo(self) -> Echo:
        """How probes have been answered."""
        found = self._table.get_many([system_key(PROBE_SK), system_key(ECHO_SK)])
        items = {sk: item for (_, sk), item in found.items()}
        probe, answer = items.get(PROBE_SK), items.get(ECHO_SK)
        answered_ms = 0 if answer is None else number(answer, "at")
        if probe is None or number(probe, "at") <= answered_ms:
            return Echo(None, answered_ms)
        return Echo(number(probe, "si"), answered_ms)

    def answer(self, at_ms: int) -> None:
        """Answer the probe that was sent at a time; an answer to a later one stays."""
        later = AnyOf((Absent("at"), Below("at", at_ms)))
        update = Update(
            system_key(ECHO_SK), assign={"v": SCHEMA_VERSION, "at": at_ms}, condition=later
        )
        try:
            self._table.write(update)
        except ConditionFailedError:
            return

    def reconciled(self, drift: int, at_ms: int) -> None:
        """Write down how many wrong figures a proof of everything found, and when it ended."""
        said = {"v": SCHEMA_VERSION, "dr": drift, "re": at_ms}
        self._table.write(Update(system_key(NIGHTLY_SK), assign=said))

    def archived(self, at_ms: int) -> None:
        """Write down up to when everything is archived."""
        self._table.write(Update(system_key(NIGHTLY_SK), assign={"v": SCHEMA_VERSION, "ar": at_ms}))

    def nightly(self) -> Nightly:
        """What the nightly jobs said last."""
        item = self._table.get(system_key(NIGHTLY_SK)) or {}
        return Nightly(
            optional_number(item, "dr"), optional_number(item, "re"), optional_number(item, "ar")
        )
