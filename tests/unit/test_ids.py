"""Ids: which are taken, and what can and can't be read from ours."""

from __future__ import annotations

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ids import (
    ACCOUNT_ID,
    ID,
    MAX_ID_LENGTH,
    NAME,
    account_id_of,
    split_transaction_id,
    transaction_id,
    uuid7,
    uuid7_ms,
)
from shared.store.schema import MAX_SEQ

secrets = st.binary(min_size=32, max_size=32)
users = st.from_regex(ID, fullmatch=True)
milliseconds = st.integers(0, 2**48 - 1)


@given(secrets, secrets, users, users)
def test_an_account_belongs_to_one_user_of_one_secret(
    secret: bytes, other_secret: bytes, user: str, other_user: str
) -> None:
    """SEC-5: stable, and another one for another user or workspace."""
    account = account_id_of(secret, user)
    assert ACCOUNT_ID.fullmatch(account)
    assert account == account_id_of(secret, user)
    assert (account == account_id_of(secret, other_user)) == (user == other_user)
    assert (account == account_id_of(other_secret, user)) == (secret == other_secret)


@given(secrets, users, st.integers(0, 99), st.integers(0, 99))
def test_a_user_seen_again_after_erasure_is_a_new_account(
    secret: bytes, user: str, generation: int, other: int
) -> None:
    """SEC-5: the same userId seen again starts a new account."""
    same = account_id_of(secret, user, generation) == account_id_of(secret, user, other)
    assert same == (generation == other)


def test_a_generation_and_a_user_can_not_be_mistaken_for_others() -> None:
    secret = bytes(32)
    assert account_id_of(secret, "2:x", 1) != account_id_of(secret, "x", 2)
    assert account_id_of(secret, "1:x") != account_id_of(secret, "x", 1)


@given(secrets, users, st.integers(1, MAX_SEQ))
def test_a_transaction_s_id_leads_back_to_its_entry(secret: bytes, user: str, seq: int) -> None:
    account = account_id_of(secret, user)
    assert split_transaction_id(transaction_id(account, seq)) == (account, seq)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tx_",
        "tx_0123456789abcdef0123_0",
        "tx_0123456789abcdef0123_01",
        "tx_0123456789abcdef0123_-1",
        "tx_0123456789abcdef0123_1234567890123",
        "tx_0123456789abcdef0123_1\n",
        "tx_0123456789ABCDEF0123_1",
        "tx_0123456789abcdef012_1",
        "acct_0123456789abcdef0123_1",
        "tx_0123456789abcdef0123_１",
    ],
)
def test_what_is_no_transaction_s_id_leads_nowhere(text: str) -> None:
    assert split_transaction_id(text) is None


@given(milliseconds, st.binary(min_size=10, max_size=10))
def test_a_uuid7_is_one_by_rfc_9562_and_tells_its_time(at_ms: int, noise: bytes) -> None:
    """REC-4: time-ordered ids are deduplicated for ever, so their time has to be read."""
    text = uuid7(at_ms, lambda count: noise[:count])
    parsed = UUID(text)
    assert str(parsed) == text
    assert (parsed.version, parsed.variant) == (7, RFC_4122)
    assert uuid7_ms(text) == uuid7_ms(text.upper()) == at_ms
    assert ID.fullmatch(text)


@given(milliseconds, milliseconds, st.binary(min_size=20, max_size=20))
def test_later_uuids_sort_behind(first_ms: int, second_ms: int, noise: bytes) -> None:
    first = uuid7(first_ms, lambda count: noise[:10])
    second = uuid7(second_ms, lambda count: noise[10:])
    if first_ms < second_ms:
        assert first < second


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_uuids_of_one_millisecond_differ_by_all_their_randomness(one: bytes, two: bytes) -> None:
    """74 of the 80 bits drawn: those under the version and the variant are given away."""
    kept = [int.from_bytes(noise, "big") & ~(0x3F << 62) for noise in (one, two)]
    same = uuid7(0, lambda count: one) == uuid7(0, lambda count: two)
    assert same == (kept[0] == kept[1])


@pytest.mark.parametrize(
    "text", ["3941aad8-35b6-486b-9f5e-decfa41c05cd", "", "log-1", "0" * 36, uuid7(1, bytes)[:-1]]
)
def test_other_ids_tell_no_time(text: str) -> None:
    assert uuid7_ms(text) is None


@pytest.mark.parametrize("text", ["a", "A-Z_0.9:@", "x" * MAX_ID_LENGTH, "user@example.com", "-"])
def test_ids_of_the_contract_s_alphabet_are_taken(text: str) -> None:
    assert ID.fullmatch(text)
    assert NAME.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["", "x" * (MAX_ID_LENGTH + 1), "a b", "a#b", "a|b", "ü", "a\n", "a%2F", "٣", "a\x00"]
)
def test_other_ids_are_refused(text: str) -> None:
    """REC-2, and no part of a key can run into the next one (`#` and `|` part them)."""
    assert ID.fullmatch(text) is None
    assert NAME.fullmatch(text) is None


def test_only_names_may_have_a_slash() -> None:
    assert NAME.fullmatch("openai/gpt-4o")
    assert ID.fullmatch("openai/gpt-4o") is None
