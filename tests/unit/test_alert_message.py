"""What a person reads when an alert comes by mail (ALR-3)."""

from __future__ import annotations

from dataclasses import replace

from functions.alerts.message import MAX_SUBJECT, mail_text, subject
from shared.domain.alerts import Alert, Line
from tests.factories import ACCOUNT, a_workspace
from tests.fakes.clock import START_MS

BERLIN = a_workspace(name="Acme  Chat\nLtd", timezone="Europe/Berlin", currency="EUR")
LINE = Line(
    "acme",
    "th_00000000000000000001",
    1,
    "user",
    ACCOUNT,
    "cost",
    "daily",
    "2026-11-20",
    80,
    1_250 * 10**12,
    1_000_500_000_000_001,
)


def test_the_mail_says_who_which_limit_how_much_until_when_and_where_to_look() -> None:
    text = mail_text(Alert(LINE, START_MS), BERLIN, ACCOUNT, "https://tally.example.com")

    assert text == (
        f"User {ACCOUNT} has reached 80% of the daily limit on cost.\n"
        "\n"
        "Workspace:  Acme Chat Ltd (acme)\n"
        f"Who:        {ACCOUNT}\n"
        "Limit:      1,250 EUR a day\n"
        "Used:       1,000.500000000001 EUR (80.04% of the limit)\n"
        "Period:     2026-11-20\n"
        "Resets:     start of 2026-11-21 in Europe/Berlin (2026-11-20T23:00:00.000Z)\n"
        "\n"
        "Where to look: https://tally.example.com (Alerts)\n"
        "What you can do: raise or change the limit, or talk to who is using it.\n"
        "\n"
        f"Alert {LINE.alert_id} of threshold th_00000000000000000001"
    )


def test_a_monthly_limit_of_the_workspace_reads_as_well() -> None:
    line = replace(
        LINE,
        scope="workspace",
        account_id=None,
        metric="tokens",
        kind="monthly",
        period="2026-12",
        limit=5_000_000,
        value=5_000_001,
    )

    text = mail_text(Alert(line, START_MS), BERLIN, None, "")

    assert "The workspace as a whole has reached 80% of the monthly limit on tokens." in text
    assert "Limit:      5,000,000 tokens a month" in text
    assert "Used:       5,000,001 tokens (100% of the limit)" in text
    assert "start of 2027-01-01 in Europe/Berlin (2026-12-31T23:00:00.000Z)" in text
    assert "Where to look: GET /api/alerts" in text


def test_a_subject_is_one_short_line_of_ascii() -> None:
    assert subject(Alert(LINE, START_MS)) == "Tally: 80% of the daily cost limit in acme"
    longest = subject(Alert(replace(LINE, workspace_id="w" * 128), START_MS))
    assert len(longest) == MAX_SUBJECT < 100
    assert longest.isascii()
