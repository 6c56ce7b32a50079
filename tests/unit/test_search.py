"""Keyword search over transactions (LED-6): what is looked at, and what it matches."""

from __future__ import annotations

import unicodedata

import pytest

from shared.domain.search import MAX_SEARCH_LENGTH, Search
from tests.factories import a_ledger, a_purchase, a_usage


def finds(query: str, note: str | None = None, metadata: str | None = None) -> bool:
    entry = a_ledger().move(a_purchase(note=note, metadata=metadata)).entry
    assert entry is not None
    return Search.parse(query).finds(entry)


def finds_usage(query: str) -> bool:
    rows = [a_usage("a", service="Chat", model="gpt-4o"), a_usage("b", service="ocr", model=None)]
    entry = a_ledger().use(*rows).entry
    assert entry is not None
    return Search.parse(query).finds(entry)


@pytest.mark.parametrize("query", ["top", "TOP-UP", "may", "may top", "top may", "  may  "])
def test_words_of_the_note_are_found_in_any_case_and_order(query: str) -> None:
    assert finds(query, note="Top-up for May")


def test_every_word_has_to_be_there() -> None:
    assert not finds("may june", note="Top-up for May")


def test_words_may_stand_in_different_places() -> None:
    assert finds("purchase may inv-7", note="May", metadata='{"invoice":"INV-7"}')


@pytest.mark.parametrize(
    "query", ["red", "12.50", "true", "deep", "17", "12345678901234567890", "배터리"]
)
def test_values_of_metadata_are_found_however_deep(query: str) -> None:
    metadata = (
        '{"a":"Red","b":12.50,"c":true,"d":{"e":["Deep",17]},"f":null,'
        '"g":12345678901234567890,"h":"배터리"}'
    )
    assert finds(query, metadata=metadata)


def test_names_of_metadata_s_members_and_null_are_not_searched() -> None:
    assert not finds("invoice", metadata='{"invoice":null}')
    assert not finds("null", metadata='{"invoice":null}')
    assert not finds("none", metadata='{"invoice":null}')


@pytest.mark.parametrize("query", ["chat", "OCR", "GPT-4", "usage", "ocr gpt"])
def test_services_models_and_the_reason_of_usage_are_found(query: str) -> None:
    assert finds_usage(query)


def test_countries_and_platforms_are_not_searched() -> None:
    assert not finds_usage("KR")


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_letters_are_found_however_they_are_put_together(form: str) -> None:
    note = unicodedata.normalize("NFD" if form == "NFC" else "NFC", "Straße in Ångström 배터리 ไทย")
    for word in ("STRASSE", "ångström", "배터리", "ไทย"):
        assert finds(unicodedata.normalize(form, word), note=note)  # type: ignore[arg-type]


@pytest.mark.parametrize("query", ["", "  ", "\t\n", "x" * (MAX_SEARCH_LENGTH + 1)])
def test_a_search_says_something_and_not_too_much(query: str) -> None:
    with pytest.raises(ValueError, match="must"):
        Search.parse(query)
