"""Settings of the functions: typed, and named when they are missing."""

from __future__ import annotations

import pytest

from functions.admin.settings import Settings as AdminSettings
from shared.adapters.jwt import JwtSettings
from shared.compose import HttpSettings
from shared.environment import SettingMissingError
from shared.http.gate.identity import ClaimNames

ENVIRON = {
    "TABLE_NAME": "tally",
    "TALLY_VERSION": "1.2.3",
    "STAGE": "prod",
    "JWT_ISSUER": "https://issuer.example.com",
    "JWT_AUDIENCE": "dashboard",
    "JWT_JWKS_URL": "https://issuer.example.com/jwks.json",
    "JWT_ROLE_CLAIM": "roles",
    "ALERT_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:alerts",
}


def test_settings_are_read_from_the_environment() -> None:
    assert HttpSettings.read(ENVIRON) == HttpSettings(
        "tally",
        "1.2.3",
        "prod",
        JwtSettings(
            "https://issuer.example.com", "dashboard", "https://issuer.example.com/jwks.json"
        ),
        ClaimNames(role="roles"),
    )


def test_without_an_issuer_only_api_keys_are_taken() -> None:
    assert HttpSettings.read({"TABLE_NAME": "tally"}).jwt is None


@pytest.mark.parametrize("name", ["TABLE_NAME", "JWT_AUDIENCE", "JWT_JWKS_URL", "ALERT_TOPIC_ARN"])
@pytest.mark.parametrize("value", ["", None])
def test_a_setting_that_is_missing_is_named(name: str, value: str | None) -> None:
    environ = {n: v for n, v in ENVIRON.items() if n != name}
    if value is not None:
        environ[name] = value

    with pytest.raises(SettingMissingError, match=name):
        AdminSettings.read(environ)


def test_rates_and_the_queue_of_audit_entries_are_settings() -> None:
    settings = HttpSettings.read(
        {**ENVIRON, "RATES_PER_MINUTE": "user=5 bad=7", "AUDIT_QUEUE_URL": "https://queue"}
    )
    assert (settings.rates.per_minute["user"], settings.rates.bad_per_minute) == (5, 7)
    assert settings.audit_queue_url == "https://queue"
    assert HttpSettings.read(ENVIRON).audit_queue_url is None


def test_rates_that_are_none_keep_a_function_from_starting() -> None:
    with pytest.raises(ValueError, match="not the rates"):
        HttpSettings.read({**ENVIRON, "RATES_PER_MINUTE": "everybody=5"})
