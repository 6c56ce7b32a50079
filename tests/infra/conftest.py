"""Both stages, synthesised once each, with every check of the app switched on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Says which end-of-life Node is known and accepted; has to be there before the CDK is imported.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

from aws_cdk import App

from infra.app import build, host_target
from infra.config import Stage, local, prod
from tests.infra.template import Template

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-central-1"
CLOUD_URL = "http://127.0.0.1:4566"
STAGES: dict[str, Callable[[], Stage]] = {
    "prod": lambda: prod("1.2.3", alarm_email="ops@example.com"),
    "local": lambda: local("1.2.3", host_target(), CLOUD_URL),
}

Synthesise = Callable[[Stage], Template]


@pytest.fixture(scope="session")
def new_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], App]]:
    """Makes apps with the context of `cdk.json`, for a region of no account in particular."""

    def make() -> App:
        context = json.loads((ROOT / "cdk.json").read_text())["context"]
        return App(outdir=str(tmp_path_factory.mktemp("assembly")), context=context)

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)
        patch.setenv("CDK_DEFAULT_REGION", REGION)
        yield make


@pytest.fixture(scope="session")
def synthesise(new_app: Callable[[], App]) -> Synthesise:
    """Synthesises a stage. A finding of cdk-nag that nobody accepted raises."""

    def run(stage: Stage) -> Template:
        app = new_app()
        stack = build(app, stage)
        assembly = app.synth()
        return Template(stage.name, Path(assembly.directory) / stack.template_file)

    return run


@pytest.fixture(scope="session")
def templates(synthesise: Synthesise) -> dict[str, Template]:
    """The template of each stage by its name."""
    return {name: synthesise(make()) for name, make in STAGES.items()}


@pytest.fixture(params=sorted(STAGES))
def template(request: pytest.FixtureRequest, templates: dict[str, Template]) -> Template:
    """Each stage's template in turn."""
    return templates[request.param]


@pytest.fixture
def on_aws(templates: dict[str, Template]) -> Template:
    """The template of the stage `prod`."""
    return templates["prod"]


@pytest.fixture
def on_this_machine(templates: dict[str, Template]) -> Template:
    """The template of the stage `local`."""
    return templates["local"]
