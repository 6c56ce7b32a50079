"""What the functions are made of and what they are told."""

from pathlib import Path

import pytest

from infra.app import host_target
from infra.bundling import ROOT, BundlingError, stage_functions
from infra.config import NEWEST_PYTHON
from tests.infra.conftest import CLOUD_URL, REGION
from tests.infra.template import Template, target, text

AARCH64 = (183).to_bytes(2, "little")
"""`e_machine` of an ELF file for 64-bit Arm."""

MAX_UNZIPPED_BYTES = 250 * 1024 * 1024

COMMON = {
    "TABLE_NAME",
    "STAGE",
    "TALLY_VERSION",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
    "PYDANTIC_DISABLE_PLUGINS",
}
JWT = {
    "JWT_ISSUER",
    "JWT_AUDIENCE",
    "JWT_JWKS_URL",
    "JWT_WORKSPACE_CLAIM",
    "JWT_ROLE_CLAIM",
    "JWT_USER_CLAIM",
}
CALLED = JWT | {"AUDIT_QUEUE_URL", "EDGE_SECRET", "RATES_PER_MINUTE"}
JOBS = {"erasure", "export", "repricing"}
"""Functions that also work off jobs."""

FILES = {"archive", "erasure", "export"}
"""Functions that write Parquet."""

TOLD = {
    "record_usage": CALLED,
    "transactions": CALLED,
    "query_stats": CALLED,
    "export": CALLED | {"ARCHIVE_BUCKET", "EXPORT_BUCKET", "EXPORT_QUEUE_URL", "DOWNLOAD_ROLE_ARN"},
    "thresholds": CALLED,
    "admin": CALLED | {"ALERT_TOPIC_ARN"},
    "audit": CALLED,
    "erasure": CALLED | {"ARCHIVE_BUCKET", "EXPORT_BUCKET", "ERASURE_QUEUE_URL"},
    "repricing": CALLED | {"REPRICING_QUEUE_URL"},
    "system": CALLED | {"FAILURE_QUEUE_URLS"},
    "edge": set(),
    "aggregate": {"PARKED_QUEUE_URL"},
    "alerts": {"ALERT_TOPIC_ARN", "DASHBOARD_URL", "LIVE_QUEUE_URL"},
    "live": JWT | {"RATES_PER_MINUTE", "LIVE_ENDPOINT", "LIVE_QUEUE_URL"},
    "backup": {"BACKUP_DAYS"},
    "reconcile": {
        "RECONCILE_QUEUE_URL",
        "ERASURE_QUEUE_URL",
        "EXPORT_QUEUE_URL",
        "FOLDING_FUNCTION",
        "CHECKPOINT_BUCKET",
        "CHECKPOINT_KEY_ID",
    },
    "archive": {"ARCHIVE_BUCKET", "ARCHIVE_QUEUE_URL", "CHECKPOINT_BUCKET", "CHECKPOINT_KEY_ID"},
}


def _environment(template: Template, function: str) -> dict[str, object]:
    variables: dict[str, object] = template.functions()[function][1]["Environment"]["Variables"]
    return variables


@pytest.mark.parametrize("function", sorted(TOLD))
def test_a_function_is_told_what_it_needs_and_no_more(template: Template, function: str) -> None:
    assert set(_environment(template, function)) == COMMON | TOLD[function]


def test_every_function_has_the_handler_of_its_folder(template: Template) -> None:
    for name, (_, properties) in template.functions().items():
        assert properties["Handler"] == f"functions.{name}.handler.handler"


def test_every_function_runs_on_the_stages_python_and_processor(
    on_aws: Template, on_this_machine: Template
) -> None:
    host = host_target()
    for template, python, processor in (
        (on_aws, NEWEST_PYTHON, "arm64"),
        (on_this_machine, host.python, host.architecture),
    ):
        for _, properties in template.functions().values():
            assert properties["Runtime"] == f"python{python}"
            assert properties["Architectures"] == [processor]


def test_all_functions_share_one_layer_and_only_who_has_files_carries_parquet(
    template: Template,
) -> None:
    layers = {
        logical: properties["Description"].split()[-2]
        for logical, properties in template.of_type("Lambda::LayerVersion").items()
    }
    for name, (_, properties) in template.functions().items():
        carried = [layers[target(each)] for each in properties["Layers"]]
        assert carried == (["runtime", "parquet"] if name in FILES else ["runtime"])


def test_keys_of_tokens_are_read_where_the_stage_has_them(
    on_aws: Template, on_this_machine: Template
) -> None:
    pool, _ = on_aws.only("Cognito::UserPool")
    issuer = f"https://cognito-idp.{REGION}.AWS::URLSuffix/{pool}"

    assert text(_environment(on_aws, "admin")["JWT_ISSUER"]) == issuer
    assert text(_environment(on_aws, "admin")["JWT_JWKS_URL"]) == f"{issuer}/.well-known/jwks.json"
    assert (
        text(_environment(on_this_machine, "admin")["JWT_JWKS_URL"])
        == f"{CLOUD_URL}/{pool}/.well-known/jwks.json"
    )


def test_requests_are_answered_before_the_gateway_gives_up(template: Template) -> None:
    functions = template.functions()
    asked = {
        target(p["IntegrationUri"]) for p in template.of_type("ApiGatewayV2::Integration").values()
    }
    for name, (logical, properties) in functions.items():
        if logical in asked and name not in JOBS:
            assert properties["Timeout"] < 30


def test_a_functions_zip_holds_its_own_folder_and_what_is_shared(tmp_path: Path) -> None:
    staged = stage_functions(["admin", "edge"], host_target(), tmp_path)

    for name, folder in staged.items():
        assert sorted(path.name for path in folder.iterdir()) == ["functions", "shared"]
        assert {path.name for path in (folder / "functions").iterdir()} == {
            "__init__.py",
            "__pycache__",
            name,
        }


def test_every_source_file_of_a_zip_is_compiled(tmp_path: Path) -> None:
    staged = stage_functions(["edge"], host_target(), tmp_path)["edge"]
    sources = set(staged.rglob("*.py"))
    compiled = {
        path.parent.parent / f"{path.name.split('.')[0]}.py" for path in staged.rglob("*.pyc")
    }

    assert compiled == sources


def test_the_same_source_gives_the_same_zip(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "a" / "longer" / "way" / "down"
    first.mkdir()
    second.mkdir(parents=True)

    def contents(parent: Path) -> dict[str, bytes]:
        staged = stage_functions(["edge"], host_target(), parent)["edge"]
        return {
            str(file.relative_to(staged)): file.read_bytes()
            for file in staged.rglob("*")
            if file.is_file()
        }

    assert contents(first) == contents(second)


def test_a_function_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BundlingError, match="functions/nothing"):
        stage_functions(["nothing"], host_target(), tmp_path)


def layers_for(on_aws: Template, package: str) -> Path:
    """The layer that has a package."""
    assets = on_aws.file.parent.glob("asset.*/python")
    (layer,) = [path for path in assets if (path / package).is_dir()]
    return layer


@pytest.mark.parametrize(("package", "count"), [("pydantic_core", 3), ("arro3", 2)])
def test_a_layer_for_aws_has_binaries_for_its_processor_and_python_only(
    on_aws: Template, package: str, count: int
) -> None:
    binaries = list(layers_for(on_aws, package).rglob("*.so"))
    tag = f"cpython-{NEWEST_PYTHON.replace('.', '')}-aarch64"

    assert len(binaries) >= count
    for path in binaries:
        machine = path.read_bytes()[18:20]
        assert tag in path.name or ".abi3." in path.name
        assert machine == AARCH64


def test_the_layer_has_the_packages_of_the_lock_and_no_service_that_nobody_calls(
    on_aws: Template,
) -> None:
    layer = layers_for(on_aws, "botocore")
    services = {path.name for path in (layer / "botocore" / "data").iterdir() if path.is_dir()}

    for package in ("aws_lambda_powertools", "botocore", "msgspec", "pydantic", "jwt", "tzdata"):
        assert (layer / package).is_dir()
    assert services == {
        *("apigatewaymanagementapi", "dynamodb", "kms", "lambda", "s3", "sns", "sqs", "sts"),
    }
    assert not (layer / "aws_xray_sdk").exists()


def test_a_functions_layers_are_far_from_what_lambda_takes(on_aws: Template) -> None:
    layers = [layers_for(on_aws, package) for package in ("botocore", "arro3")]
    size = sum(f.stat().st_size for layer in layers for f in layer.rglob("*") if f.is_file())

    assert size < MAX_UNZIPPED_BYTES // 3


def test_the_lock_of_the_layer_pins_every_package_by_hash_and_names_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text_of_lock = lock.read_text()
        pins = [line for line in text_of_lock.splitlines() if "==" in line]
        assert pins
        assert "://" not in text_of_lock
        assert text_of_lock.count("--hash=sha256:") >= len(pins)
