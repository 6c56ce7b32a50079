"""Commands print what is there, for people or programs, and say by their exit code how it went."""

from __future__ import annotations

import io
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.service import NOW, Reply, Seen, Service, account, refusal, transaction, usage_log

from tally.cli.main import main, parser

TOKENS = {
    "input": 10, "output": 5, "cachedInput": 0, "cacheWrite": 0, "reasoning": 0, "total": 15,
}  # fmt: skip
MEASURES: dict[str, Any] = {
    "requests": 1200, "errors": 3, "errorRate": 0.0025, "tokens": TOKENS, "credits": 6000, "cost": 6.25,
}  # fmt: skip
THRESHOLD = {
    "id": "t-1", "scope": "workspace", "metric": "cost", "monthlyLimit": 100, "notifyAtPercent": [80],
    "block": False, "alertEnabled": True, "createdAt": NOW, "updatedAt": NOW,
}  # fmt: skip
ALERT = {
    "id": "a-1", "thresholdId": "t-1", "scope": "workspace", "metric": "cost", "thresholdType": "monthly",
    "thresholdValue": 100, "percent": 80, "actualValue": 81.5, "status": "sent", "test": False,
    "createdAt": NOW,
}  # fmt: skip
API_KEY = {"id": "k-1", "name": "backend", "scopes": ["usage:write"], "createdAt": NOW}


def test_recording_prints_what_it_cost(service: Service, run: Run) -> None:
    done = run("record", "alice", "chat", "--model", "m", "--input", 10, "--output", 5, "--id", "x")
    assert done.code == 0
    assert "x   " in done.out
    assert service.seen[0].body == {
        "id": "x", "userId": "alice", "service": "chat", "model": "m",
        "tokens": {"input": 10, "output": 5},
    }  # fmt: skip


def test_a_recording_without_a_clear_answer_can_be_repeated_under_its_id(
    service: Service, run: Run
) -> None:
    service.on("POST", "/api/usage-logs", {"what": "is this"}, 201)
    done = run("record", "alice", "chat", "--credits", 3)
    assert done.code == 6
    assert f"--id {service.seen[0].body['id']}" in done.err


def test_json_is_exact_and_in_the_words_of_the_contract(service: Service, run: Run) -> None:
    done = run("record", "alice", "chat", "--json", "--cost", "12.3000075", "--metadata", '{"a":1}')
    assert '"cost":12.3000075' in done.out
    assert done.json["usageLog"]["userId"] == "alice"
    assert done.json["usageLog"]["occurredAt"] == NOW


def test_balances_are_for_people_and_programs(service: Service, run: Run) -> None:
    service.on("GET", "/api/admin/accounts/alice", {"account": account(balance=12345)})
    service.on("GET", "/api/accounts/me", {"account": account()})
    assert "12,345" in run("balance", "alice").out
    assert run("balance", "--json").json["balance"] == 995


def test_transactions_are_listed_newest_first(service: Service, run: Run) -> None:
    page = {"transactions": [transaction(note="=1+1\x1b[31m")], "total": 1, "page": 1, "limit": 20}
    service.on("GET", "/api/admin/transactions", page)
    done = run("transactions", "--reason", "usage", "-n", 5, "--from", "2026-11-01")
    assert "-5" in done.out
    assert "\x1b" not in done.out
    assert service.seen[0].query == {"reason": "usage", "limit": "5", "startDate": "2026-11-01"}


def test_statistics_and_summaries(service: Service, run: Run) -> None:
    service.on("GET", "/api/usage-logs/stats", {"statistics": statistics()})
    service.on(
        "GET",
        "/api/usage-logs/summary",
        {"summary": [{"key": "2026-11-20", **MEASURES}], "totals": MEASURES, "currency": "USD"},
    )
    assert "1,200" in run("stats").out
    assert "2026-11-20" in run("stats", "--by", "day").out
    assert run("stats", "--json").json["requests"] == 1200


def statistics(**members: Any) -> dict[str, Any]:
    return {
        **MEASURES,
        "currency": "USD",
        "users": 7,
        "byService": [{"service": "chat", **MEASURES}],
        "byModel": [{"service": "chat", "model": None, **MEASURES}],
        "byDay": [{"date": "2026-11-19", **MEASURES}, {"date": "2026-11-20", **MEASURES}],
        "byHour": [],
        **members,
    }


def test_top_users(service: Service, run: Run) -> None:
    user = {"userId": "acct_1", "rank": 1, "share": 0.5, **MEASURES}
    service.on("GET", "/api/analytics/users/top", {"users": [user], "currency": "USD"})
    assert "50.0%" in run("top", "--by", "tokens").out
    assert service.seen[0].query["by"] == "tokens"


def test_thresholds_are_made_listed_tested_and_deleted(service: Service, run: Run) -> None:
    service.on("GET", "/api/thresholds", {"thresholds": [THRESHOLD]})
    service.on("POST", "/api/thresholds", {"threshold": THRESHOLD}, status=201)
    service.on("POST", "/api/thresholds/t-1/test", {"alert": ALERT}, status=202)
    service.on("DELETE", "/api/thresholds/t-1", None, status=204)
    assert "t-1" in run("thresholds").out
    assert run("thresholds", "--create", "cost", "--monthly", "99.50", "--block").code == 0
    assert service.seen[-1].text == (
        '{"scope":"workspace","metric":"cost","monthlyLimit":99.50,"block":true}'
    )
    assert run("thresholds", "--test", "t-1").code == 0
    assert run("thresholds", "--delete", "t-1").code == 0


def test_alerts_are_listed_and_acknowledged(service: Service, run: Run) -> None:
    service.on("GET", "/api/alerts", {"alerts": [ALERT], "total": 1, "page": 1, "limit": 20})
    acknowledged = {"alert": {**ALERT, "status": "acknowledged"}}
    service.on("POST", "/api/alerts/a-1/acknowledge", acknowledged)
    assert "81.5" in run("alerts").out
    assert "acknowledged" in run("alerts", "--acknowledge", "a-1").out


def test_keys_are_made_and_revoked(service: Service, run: Run) -> None:
    made = {"apiKey": API_KEY, "secret": "s3cr3t"}
    listed = {"apiKeys": [API_KEY], "total": 1, "page": 1, "limit": 20}
    service.on("GET", "/api/admin/api-keys", listed)
    service.on("POST", "/api/admin/api-keys", made, status=201)
    service.on("DELETE", "/api/admin/api-keys/k-1", None, status=204)
    assert "backend" in run("keys").out
    assert "s3cr3t" in run("keys", "--create", "backend", "--scope", "usage:write").out
    assert run("keys", "--revoke", "k-1").code == 0


def proof(verified: bool) -> dict[str, Any]:
    return {
        "verified": verified, "entries": 7, "balance": 995, "recomputedBalance": 995,
        "headHash": "ab" * 32, **({} if verified else {"firstBadSeq": 3}),
    }  # fmt: skip


def test_books_that_disagree_are_exit_code_1(service: Service, run: Run) -> None:
    service.on("GET", "/api/admin/accounts/alice/verify", proof(True))
    service.on("GET", "/api/admin/accounts/bob/verify", proof(False))
    accounts = {"accounts": [account(), account(userId="bob")], "total": 2, "page": 1, "limit": 20}
    service.on("GET", "/api/admin/accounts", accounts)
    assert run("verify", "alice").code == 0
    assert run("verify", "--all").code == 1
    assert run("verify", "alice", "bob", "--json").json[1]["firstBadSeq"] == 3
    assert run("verify").code == 5


def test_tail_shows_each_once_as_it_comes_in(service: Service, run: Run) -> None:
    logs = [usage_log({"id": f"log-{n}", "userId": "alice", "service": "chat"}) for n in range(5)]
    looks = iter([logs[:3], logs[:3], logs])

    def listed(seen: Seen) -> Reply:
        newest = list(reversed(next(looks)))
        body = {"usageLogs": newest, "total": len(newest), "page": 1, "limit": 100}
        return Reply(200, body)

    service.routes["GET", "/api/usage-logs/user/alice"] = listed
    done = run("tail", "alice", "--looks", 3, "-n", 2, "--json")
    assert [line.split('"')[3] for line in done.out.splitlines()] == [
        "log-1", "log-2", "log-3", "log-4",
    ]  # fmt: skip


def test_tail_is_for_people_and_steers_no_terminal(service: Service, run: Run) -> None:
    page = {"transactions": [transaction(note="=1+1\x1b[31m")], "total": 1, "page": 1, "limit": 100}
    service.on("GET", "/api/admin/transactions", page)
    told = run("tail", "--looks", 1).out
    assert "=1+1" in told
    assert "\x1b" not in told
    assert "+00:00" not in told


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (refusal(401, "unauthorized"), 3),
        (refusal(403, "forbidden"), 3),
        (refusal(404, "not_found"), 4),
        (refusal(402, "insufficient_credits"), 5),
        (refusal(409, "idempotency_conflict"), 5),
        (refusal(422, "validation_failed", errors=[{"pointer": "/cost", "message": "no"}]), 5),
        (refusal(429, "limit_exceeded"), 5),
        (refusal(500, "internal_error"), 6),
        (Reply(200, b"<html>"), 6),
    ],
)
def test_exit_codes_say_what_was_wrong(service: Service, run: Run, reply: Reply, code: int) -> None:
    service.script.extend([reply] * 7)
    done = run("record", "alice", "chat")
    assert done.code == code
    assert done.err.startswith("tally: ")
    assert done.out == ""


def test_a_service_that_is_away_is_exit_code_6(service: Service, run: Run) -> None:
    service.down()
    assert run("balance").code == 6


@pytest.mark.parametrize(
    "words", [[], ["dance"], ["record"], ["balance", "--at", "noon"], ["top", "-n", "0"]]
)
def test_what_is_not_understood_is_exit_code_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_profiles_are_stored_for_their_owner_alone(
    service: Service, run: Run, environ: dict[str, str], tmp_path: Path
) -> None:
    del environ["TALLY_KEY"], environ["TALLY_URL"]
    assert run("balance").code == 3
    stored = run("configure", "--url", service.url, "--profile", "work", stdin="key-9\n")
    assert stored.code == 0
    assert "key-9" not in stored.out + stored.err
    file = tmp_path / "home" / ".config" / "tally" / "config"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    service.on("GET", "/api/accounts/me", {"account": account()})
    assert run("balance", "--profile", "work").code == 0
    assert service.seen[-1].headers["authorization"] == "Bearer key-9"
    assert run("configure", "--list").out.split() == ["profile", "work"]
    assert run("balance", "--profile", "home").code == 3
    file.chmod(0o644)
    refused = run("balance", "--profile", "work")
    assert refused.code == 3
    assert "chmod 600" in refused.err


def test_an_operator_names_a_workspace(service: Service, run: Run) -> None:
    service.on("GET", "/api/thresholds", {"thresholds": []})
    assert "(none)" in run("thresholds", "--workspace", "acme").out
    assert service.seen[0].query == {"workspaceId": "acme"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command(run: Run, shell: str) -> None:
    script = run("completion", shell).out
    assert all(name in script for name in ("record", "reconcile", "import", "--dry-run"[2:]))


def test_the_bash_script_completes(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "tally.bash"
    file.write_text(run("completion", "bash").out)
    program = (
        f'source {file}; COMP_WORDS=(tally import --dr); COMP_CWORD=2; _tally; echo "${{COMPREPLY[@]}}";'
        'COMP_WORDS=(tally reco); COMP_CWORD=1; _tally; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-euc", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["--dry-run", "record", "reconcile"]


def test_the_installed_command_runs() -> None:
    tally = str(Path(sys.executable).with_name("tally"))
    for command in ([tally], [sys.executable, "-m", "tally"]):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout.startswith("tally 0.")


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    text = io.StringIO()
    parser().print_help(text)
    for name in ("record", "balance", "export", "seed", "tail", "keys", "configure"):
        assert f"    {name}" in text.getvalue()
