"""The simulation finds bugs: each fault put in on purpose is seen in the world of its seed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import pytest

from tests.simulation.mutant import Mutant
from tests.simulation.mutants import ROOT, row, shows
from tests.simulation.mutations import MUTANTS

PAGE: Final = ROOT / "docs" / "simulation.md"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_shows_in_the_world_of_its_seed(mutant: Mutant) -> None:
    assert shows(mutant)


def test_without_a_fault_the_same_worlds_are_in_order() -> None:
    """So what shows above is the fault, and not how it is looked for."""
    for seed in sorted({mutant.seed for mutant in MUTANTS}):
        assert not shows(replace(MUTANTS[0], changes=(), seed=seed))


def test_every_invariant_has_a_mutant() -> None:
    assert {mutant.invariant[0] for mutant in MUTANTS} == set("1234567")


def test_the_page_lists_them_all() -> None:
    lines = PAGE.read_text().splitlines()
    rows = [line for line in lines if re.match(r"\| [1-7] ", line)]
    assert rows == [row(mutant) for mutant in MUTANTS]
