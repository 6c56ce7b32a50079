"""What a table that counts tells of a change, asked of both tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from shared.store.table import CountingTable, Update
from tests.contracts.items import A


def test_an_update_tells_the_item_it_made(table: CountingTable) -> None:
    made = table.update(Update(A, assign={"text": "x"}, add={"n": 2, "m": -1}))
    assert made == {**A, "text": "x", "n": 2, "m": -1}
    assert table.update(Update(A, add={"n": 3}, remove=("m",))) == {**A, "text": "x", "n": 5}
    assert table.get(A) == {**A, "text": "x", "n": 5}


def test_of_many_at_once_each_is_told_a_sum_of_its_own(table: CountingTable) -> None:
    """What rate limits stand on: two never see the same count."""
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda _: table.update(Update(A, add={"n": 1}))["n"], range(40)))
    assert sorted(told) == list(range(1, 41))
