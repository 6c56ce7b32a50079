"""EXP-1, EXP-2, EXP-3: Parquet files with exact types, read back by an engine that did not write them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.export.by_account import usage_row
from functions.export.columns import TRANSACTION_COLUMNS, USAGE_COLUMNS, Column, Row
from functions.export.parquet import write_parquet
from shared.adapters.parquet import ROWS_IN_A_GROUP
from shared.domain.calendar import LAST_MS, utc_text
from shared.domain.errors import UnavailableError
from shared.domain.exports import Selection
from shared.domain.journal import Paid
from shared.domain.money import Figure, money
from shared.domain.tokens import Tokens
from shared.domain.usage import Repriced
from shared.http.json import raw
from tests.exports import Desk, parquet_rows, parquet_types, queried, read_json
from tests.factories import a_log, a_usage

COLUMNS = (
    Column("id"),
    Column("credits", "integer"),
    Column("cost", "money"),
    Column("unpriced", "flag"),
    Column("at", "time"),
    Column("metadata", "json"),
    Column("tokens.input", "integer"),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PICOS = st.integers(-(10**38) + 1, 10**38 - 1)
TIMES_MS = st.integers(0, LAST_MS)
ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": TEXTS,
            "credits": st.integers(-(2**63), 2**63 - 1),
            "cost": PICOS,
            "unpriced": st.booleans(),
            "at": TIMES_MS,
            "tokens": st.dictionaries(st.just("input"), st.integers(0, 10**12)),
        },
    ),
    max_size=8,
)
SQL_TYPES = {
    "text": "VARCHAR",
    "json": "VARCHAR",
    "integer": "BIGINT",
    "money": "DECIMAL(38,12)",
    "flag": "BOOLEAN",
    "time": "TIMESTAMP WITH TIME ZONE",
}


def written(columns: tuple[Column, ...], *batches: list[Row]) -> bytes:
    pieces: list[bytes] = []
    write_parquet(columns, batches, pieces.append)
    return b"".join(pieces)


def shown(row: dict[str, Any]) -> Row:
    """A row as the API shows it."""
    views: dict[str, Callable[[int], object]] = {"cost": money, "at": utc_text}
    return {name: views[name](value) if name in views else value for name, value in row.items()}


def exact(picos: int) -> Decimal:
    return Decimal((int(picos < 0), tuple(map(int, str(abs(picos)))), -12))


@given(ROWS, st.integers(0, 8))
def test_a_reader_finds_every_value_again_exactly(rows: list[dict[str, Any]], cut: int) -> None:
    views = [shown(row) for row in rows]

    found = parquet_rows(written(COLUMNS, views[:cut], [], views[cut:]))

    assert found == [
        {
            "id": row.get("id"),
            "credits": row.get("credits"),
            "cost": exact(row["cost"]) if "cost" in row else None,
            "unpriced": row.get("unpriced"),
            "at": row.get("at"),
            "metadata": None,
            "tokens.input": row.get("tokens", {}).get("input"),
        }
        for row in rows
    ]


def test_a_repriced_log_has_its_new_figures_beside_the_old() -> None:
    log = a_log(cost_picos=5_000_000_000)
    repriced = Repriced("re-1", 2, 7_000_000_000, 7, log.receipt, 2_000_000_000, 2)
    selection = Selection("usage-logs", "parquet")
    rows = [usage_row(replace(log, repriced=repriced), "alice", selection)]

    (row,) = parquet_rows(written(USAGE_COLUMNS, rows, [usage_row(log, "alice", selection)]))[:1]

    assert (row["cost"], row["credits"]) == (Decimal("0.005000000000"), log.credits)
    assert (row["repriced.cost"], row["repriced.credits"]) == (Decimal("0.007000000000"), 7)
    assert row["repriced.repricingId"] == "re-1"
    assert read_json(row["repriced.receipt"])["basis"] == row["receipt.basis"]


def test_objects_are_their_json_text_digit_by_digit() -> None:
    rows: list[Row] = [{"metadata": raw('{"p":0.10}')}, {"metadata": {"rate": Figure("0.005")}}]

    found = parquet_rows(written((Column("metadata", "json"),), rows))

    assert [row["metadata"] for row in found] == ['{"p":0.10}', '{"rate":0.005}']


@pytest.mark.parametrize("columns", [USAGE_COLUMNS, TRANSACTION_COLUMNS])
def test_figures_have_exact_types_never_a_double(
    columns: tuple[Column, ...], tmp_path: Path
) -> None:
    file = tmp_path / "empty.parquet"
    file.write_bytes(written(columns))

    types = parquet_types(str(file))

    assert types == {column.name: SQL_TYPES[column.type] for column in columns}
    assert not {"DOUBLE", "FLOAT"} & set(types.values())
    assert {"BIGINT", "DECIMAL(38,12)", "TIMESTAMP WITH TIME ZONE"} <= set(types.values())


def test_the_file_holds_the_same_rows_as_the_json() -> None:
    desk = Desk(user_privacy="visible")
    desk.buy("alice", 100, note="=1+1", paid=Paid(5_000_000_000_000, "USD"), metadata='{"a":0.10}')
    desk.record(
        a_usage("a-1", tokens=Tokens.of_parts(1000, 200, 300, 100, 50), metadata='{"b":1}'),
        a_usage("a-2", model=None, tokens=Tokens(70), failed=True, error_code="boom"),
    )

    for ask in (desk.usage, desk.transactions):
        array = read_json(desk.content(ask(format="json")))
        found = parquet_rows(desk.content(ask(format="parquet")))
        assert len(found) == len(array) > 0
        for row, view in zip(found, array, strict=True):
            for name, value in row.items():
                outer, _, inner = name.partition(".")
                member = view.get(outer, {}).get(inner) if inner else view.get(name)
                assert plain(value, member) == member, name


def plain(found: Any, wanted: Any) -> Any:
    """What Parquet has, in the form that JSON has it."""
    if isinstance(wanted, dict | list):
        return read_json(found)
    if isinstance(wanted, str) and isinstance(found, int):
        return utc_text(found)
    return found


def test_row_groups_are_written_while_rows_are_still_to_come() -> None:
    columns = (Column("n", "integer"),)
    sizes: list[int] = []
    pieces: list[bytes] = []

    def batches() -> Iterator[list[Row]]:
        for start in range(0, 3 * ROWS_IN_A_GROUP, 10_000):
            sizes.append(sum(map(len, pieces)))
            yield [{"n": start + n} for n in range(10_000)]

    write_parquet(columns, batches(), pieces.append)

    assert 0 < sizes[6] < sizes[-1] < sum(map(len, pieces))
    found = [row["n"] for row in parquet_rows(b"".join(pieces))]
    assert found == list(range(3 * ROWS_IN_A_GROUP))


def test_readers_can_skip_by_row_groups(tmp_path: Path) -> None:
    file = tmp_path / "groups.parquet"
    rows: list[Row] = [{"n": n} for n in range(2 * ROWS_IN_A_GROUP + 1)]
    file.write_bytes(written((Column("n", "integer"),), rows))

    groups = queried(
        "SELECT row_group_num_rows, stats_min_value, stats_max_value FROM parquet_metadata(?)",
        str(file),
    )

    assert [count for count, _, _ in groups] == [ROWS_IN_A_GROUP, ROWS_IN_A_GROUP, 1]
    assert [int(low) for _, low, _ in groups] == [0, ROWS_IN_A_GROUP, 2 * ROWS_IN_A_GROUP]


class StopError(Exception):
    """What a watch raises."""


@pytest.mark.parametrize("before", [0, 3])
def test_what_the_rows_raise_comes_out_as_it_is(before: int) -> None:
    def batches() -> Iterator[list[Row]]:
        for n in range(before):
            yield [{"n": n}]
        raise StopError("over budget")

    with pytest.raises(StopError, match="over budget"):
        write_parquet((Column("n", "integer"),), batches(), lambda _: None)


def test_a_file_that_cannot_be_written_ends_the_rows_and_is_told_as_it_is() -> None:
    taken: list[int] = []

    def batches() -> Iterator[list[Row]]:
        for start in range(0, 5 * ROWS_IN_A_GROUP, 10_000):
            taken.append(start)
            yield [{"n": start + n} for n in range(10_000)]

    def write(_: bytes) -> None:
        raise UnavailableError("The file could not be written.")

    with pytest.raises(UnavailableError, match="could not be written"):
        write_parquet((Column("n", "integer"),), batches(), write)
    assert len(taken) < 10


def test_a_failure_in_the_files_last_bytes_is_not_overlooked() -> None:
    def write(_: bytes) -> None:
        raise UnavailableError("The file could not be written.")

    with pytest.raises(UnavailableError):
        write_parquet((Column("n", "integer"),), [[{"n": 1}]], write)


@pytest.mark.parametrize(
    ("column", "value", "error"),
    [
        (Column("n", "integer"), 2**63, OverflowError),
        (Column("n", "integer"), "7", TypeError),
        (Column("n", "money"), Figure("1" + "0" * 27), ValueError),
        (Column("n", "money"), "much", ValueError),
        (Column("n", "time"), "yesterday", ValueError),
        (Column("n"), 7, TypeError),
    ],
)
def test_a_value_that_does_not_fit_is_refused_not_made_null(
    column: Column, value: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        written((column,), [{"n": value}, {}])


def test_only_a_parquet_export_loads_the_library() -> None:
    code = (
        "import sys, functions.export.formats as e\n"
        "for format in ('csv', 'json', 'jsonl'): e.encoder_of(format)\n"
        "assert 'arro3' not in sys.modules\n"
        "e.encoder_of('parquet')\n"
        "assert 'arro3' in sys.modules\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
