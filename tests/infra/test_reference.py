"""What the reference page runs is pinned, comes along with the function that serves it, and with no other."""

import json
from pathlib import Path

import pytest

from functions.edge.files import MEDIA_TYPES
from infra import bundling
from infra.app import host_target
from infra.bundling import ROOT, BundlingError, stage_functions


def test_every_file_that_the_edge_serves_is_in_its_zip_and_in_no_other(tmp_path: Path) -> None:
    staged = stage_functions(["edge", "admin"], host_target(), tmp_path)

    for name in MEDIA_TYPES:
        assert (staged["edge"] / "functions" / "edge" / name).is_file(), name
    for name in bundling.REFERENCE_FILES:
        assert not list(staged["admin"].rglob(name))


def test_a_function_without_the_page_needs_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundling, "REFERENCE_SOURCE", tmp_path / "nowhere")

    assert stage_functions(["admin"], host_target(), tmp_path / "staged")
    with pytest.raises(BundlingError, match="make setup"):
        stage_functions(["edge"], host_target(), tmp_path / "again")


def test_the_page_s_package_is_locked_and_no_package_runs_scripts_when_installed() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]["swagger-ui-dist"]
    locked = lock["packages"]["node_modules/swagger-ui-dist"]

    assert (locked["version"], locked["integrity"][:7]) == (wanted, "sha512-")
    assert "resolved" not in locked, "a lock names no registry"
    assert "ignore-scripts=true" in (ROOT / ".npmrc").read_text().splitlines()
