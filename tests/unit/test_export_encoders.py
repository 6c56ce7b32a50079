"""EXP-1, EXP-3: files that any reader takes apart again, and that a spreadsheet opens safely."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.export.columns import Column, Row
from functions.export.encoders import cell
from functions.export.formats import encoder_of
from shared.domain.exports import Format
from shared.domain.money import Figure, fixed_text
from shared.http.json import raw

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FIGURES = st.integers(-(10**24), 10**24).map(lambda picos: Figure(fixed_text(picos, 12)))
NUMBERS = st.integers(-(10**18), 10**18)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"id": TEXTS, "cost": FIGURES},
        optional={
            "note": TEXTS,
            "credits": NUMBERS,
            "unpriced": st.booleans(),
            "tokens": st.dictionaries(st.sampled_from(["input", "total"]), NUMBERS),
            "ids": st.lists(TEXTS, max_size=3),
        },
    ),
    max_size=8,
)
COLUMNS = ("id", "note", "credits", "cost", "unpriced", "tokens.input", "tokens.total", "ids")


def written(file_format: Format, names: tuple[str, ...], *batches: list[Row]) -> bytes:
    pieces: list[bytes] = []
    encoder_of(file_format)([Column(name) for name in names], batches, pieces.append)
    return b"".join(pieces)


def plain(value: object) -> object:
    """What a JSON reader that keeps decimals finds of a value."""
    if isinstance(value, Figure):
        return Decimal(value.text)
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return value


def read_json(text: bytes) -> object:
    return json.loads(text, parse_float=Decimal)


@given(ROWS, st.integers(0, 8))
def test_a_csv_reader_finds_every_text_and_number_again(rows: list[Row], cut: int) -> None:
    data = written("csv", COLUMNS, rows[:cut], rows[cut:])

    header, *lines = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)

    assert tuple(header) == COLUMNS
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        found = dict(zip(COLUMNS, line, strict=True))
        for name in ("id", "note"):
            text = row.get(name, "")
            assert found[name] in {text, f"'{text}"}
        assert found["cost"] == str(row["cost"])
        assert found["credits"] == str(row.get("credits", ""))
        tokens = row.get("tokens", {})
        assert isinstance(tokens, dict)
        assert found["tokens.input"] == str(tokens.get("input", ""))
        if "ids" in row:
            assert json.loads(found["ids"]) == row["ids"]


@given(st.lists(TEXTS.filter(bool), min_size=1, max_size=4))
def test_no_text_cell_starts_with_what_a_spreadsheet_acts_on(texts: list[str]) -> None:
    columns = tuple(f"c{number}" for number in range(len(texts)))

    data = written("csv", columns, [dict(zip(columns, texts, strict=True))])

    (line,) = list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]
    for found, text in zip(line, texts, strict=True):
        guarded = text[0] in "=+-@" or ord(text[0]) < 0x20 or 0x7F <= ord(text[0]) < 0xA0
        assert found == (f"'{text}" if guarded else text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=HYPERLINK(...)", "'=HYPERLINK(...)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("\x00=1", "'\x00=1"),
        ("\x7f=1", "'\x7f=1"),
        ("\x85=1", "'\x85=1"),
        ("", ""),
        ("a=1", "a=1"),
        (" =1", " =1"),
        ("'=1", "'=1"),
        ("สวัสดี", "สวัสดี"),
    ],
)
def test_a_text_that_could_start_a_formula_gets_a_leading_quote(text: str, expected: str) -> None:
    assert cell(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-5, "-5"),
        (Figure("-0.005"), "-0.005"),
        (0, "0"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        (raw('{"a":1.10}'), '{"a":1.10}'),
        ({"input": Figure("0.0000025")}, '{"input":0.0000025}'),
        (["a", "b"], '["a","b"]'),
    ],
)
def test_numbers_are_never_touched_and_objects_are_their_json(value: object, expected: str) -> None:
    data = written("csv", ("id", "value"), [{"id": "x", "value": value}], [])

    assert list(csv.reader(io.StringIO(data.decode(), newline="")))[1:] == [["x", expected]]


def test_csv_follows_rfc_4180() -> None:
    rows: list[Row] = [{"id": 'say "hi", Bob', "note": "one\r\ntwo"}, {"id": "ü", "note": "a\nb"}]

    data = written("csv", ("id", "note"), rows)

    assert data == 'id,note\r\n"say ""hi"", Bob","one\r\ntwo"\r\nü,"a\nb"\r\n'.encode()


@given(ROWS, st.integers(0, 8))
def test_a_json_array_holds_the_rows_exactly_however_they_come(rows: list[Row], cut: int) -> None:
    data = written("json", COLUMNS, rows[:cut], [], rows[cut:])

    assert read_json(data) == plain_rows(rows)


@given(ROWS, st.integers(0, 8))
def test_json_lines_hold_a_row_a_line(rows: list[Row], cut: int) -> None:
    data = written("jsonl", COLUMNS, rows[:cut], rows[cut:])

    lines = data.split(b"\n")
    assert lines.pop() == b""
    assert [read_json(line) for line in lines] == plain_rows(rows)


def plain_rows(rows: list[Row]) -> list[object]:
    return [{name: plain(value) for name, value in row.items()} for row in rows]


def test_money_is_written_digit_by_digit_as_it_is() -> None:
    rows: list[Row] = [{"cost": Figure("123456789.000000000001"), "metadata": raw('{"p":0.10}')}]

    assert written("jsonl", (), rows) == (
        b'{"cost":123456789.000000000001,"metadata":{"p":0.10}}\n'
    )


@pytest.mark.parametrize(
    ("file_format", "expected"),
    [("csv", b"id,cost\r\n"), ("json", b"[\n]\n"), ("jsonl", b"")],
)
def test_a_file_without_rows_is_whole(file_format: Format, expected: bytes) -> None:
    assert written(file_format, ("id", "cost")) == expected
