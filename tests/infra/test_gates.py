"""The checkers run, find nothing, and would find something if it were there."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk import aws_s3 as s3

from infra.app import build
from tests.infra.conftest import ROOT, STAGES
from tests.infra.template import Template


def _cfn_lint(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--template", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def _findings(app: App) -> list[dict[str, object]]:
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    return [plugin for plugin in report["pluginReports"] if plugin.get("violations")]


def test_cdk_nag_finds_nothing_that_nobody_accepted(template: Template) -> None:
    report = json.loads((template.file.parent / "validation-report.json").read_text())

    assert [plugin for plugin in report["pluginReports"] if plugin.get("violations")] == []


def test_cdk_nag_stops_a_bucket_that_breaks_the_rules(new_app: Callable[[], App]) -> None:
    app = new_app()
    s3.Bucket(build(app, STAGES["local"]()), "Careless")

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert "AwsSolutions-S10" in json.dumps(_findings(app))


def test_cfn_lint_finds_nothing(template: Template) -> None:
    done = _cfn_lint(template.file)

    assert (done.returncode, done.stdout) == (0, "")


def test_cfn_lint_finds_a_property_that_does_not_exist(on_aws: Template, tmp_path: Path) -> None:
    document = copy.deepcopy(on_aws.document)
    logical = next(iter(on_aws.of_type("S3::Bucket")))
    document["Resources"][logical]["Properties"]["Colour"] = "blue"
    broken = tmp_path / "broken.template.json"
    broken.write_text(json.dumps(document))

    done = _cfn_lint(broken)

    assert done.returncode != 0
    assert "Colour" in done.stdout
