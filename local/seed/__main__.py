"""Seeds the local cloud: `python -m local.seed [--state FOLDER]`."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import Cloud, NotRunningError, remember
from local.seed import workspace
from local.seed.api import Api, SeedError
from local.seed.examples import EXAMPLES, SET_UP
from local.seed.load import Posted, post_credits, post_usage, totals_of, wait_for_statistics
from local.seed.plan import ZONE, Plan, Span, plan_until
from local.seed.progress import Progress
from local.state import State
from shared.domain.calendar import local_day
from shared.domain.money import money, picos_of

KEEP: Final = "seed"
"""The member of `local.json` that holds the days a first run chose."""


def seed(state: State, now_ms: int) -> None:
    """Put everything there that is not, up to now, and print what there is to try.

    Raises:
        NotRunningError: there is no local cloud.
        SeedError: the API refused something, or the statistics never caught up.
    """
    begun = time.monotonic()
    cloud = Cloud.load(state)
    span = Span.remembered(cloud.settings.get(KEEP, {})) or Span.ending(local_day(now_ms, ZONE))
    plan = plan_until(now_ms, span)
    service = _prepare(cloud, state, span)
    before = int(totals_of(service, plan)["requests"])
    with Progress("Credits", len(plan.credits)) as progress:
        post_credits(service, plan.credits, progress)
    with Progress("Usage logs", len(plan.rows)) as progress:
        posted = post_usage(service, plan.rows, progress)
    wanted = max(before + posted.created, len(plan.rows))
    with Progress("Counted in statistics", wanted) as progress:
        totals = wait_for_statistics(service, plan, wanted, progress)
    if before == 0 and totals["requests"] == wanted:
        _check_sums(plan, totals)
    _print_summary(state, plan, posted, time.monotonic() - begun)


def _prepare(cloud: Cloud, state: State, span: Span) -> Api:
    """Set up everything but credits and usage, and keep how to reach it in `local.json`."""
    people = workspace.sign_ins(cloud.passwords())
    workspace.create_sign_ins(cloud, people)
    own = {person["username"] for person in people}
    others = [user for user in cloud.settings.get("users", []) if user["username"] not in own]
    users = [*people, *others]
    remember({"users": users, "workspaceId": workspace.WORKSPACE, KEEP: span.to_keep()}, state)
    token = Cloud.load(state).id_token("operator")
    # Not in the workspace, which may have to be made first.
    workspace.ensure_workspace(Api(cloud.api_url, token))
    operator = Api(cloud.api_url, token, workspace_id=workspace.WORKSPACE)
    key = cloud.settings.get("serviceApiKey")
    made = workspace.ensure_key(operator, Api(cloud.api_url, key) if key else None)
    if made is not None:
        remember({"serviceApiKey": made}, state)
    workspace.ensure_prices(operator)
    workspace.ensure_customers(operator)
    workspace.ensure_thresholds(operator)
    return Api(cloud.api_url, made or str(key))


def _check_sums(plan: Plan, totals: dict[str, Any]) -> None:
    """Nobody else has written yet, so the statistics are the plan's own sums, to the last digit."""
    found = picos_of(Decimal(totals["cost"])), totals["credits"]
    if found != (plan.cost_picos, plan.spent):
        raise SeedError(
            f"The statistics say {totals['cost']} USD and {totals['credits']} credits, the"
            f" logs make {money(plan.cost_picos)} USD and {plan.spent} credits: please report this."
        )


def _print_summary(state: State, plan: Plan, posted: Posted, seconds: float) -> None:
    settings = Cloud.load(state).settings
    print(
        f"The workspace `{workspace.WORKSPACE}` has {len(plan.rows):,} usage logs from"
        f" {plan.first_day} to {plan.today}, {posted.created:,} of them new ({seconds:.0f} s)."
    )
    if posted.packs:
        print(
            f"  {posted.packs} packs of credits were added, for others had spent from its accounts."
        )
    print(f"  API        {settings['apiUrl']}")
    if settings.get("published"):
        print(f"  Dashboard  {settings['dashboardUrl']}")
    print("  Sign in as")
    for user in settings["users"]:
        print(f"    {user['username']:<9} {user['password']}  ({user['role']})")
    print("\nTo try it, set the shell up first:\n")
    where = "" if state.folder == State().folder else f" --state {shlex.quote(str(state.folder))}"
    print(f"  {SET_UP.replace('.env)', f'.env{where})')}\n")
    for example in EXAMPLES:
        print(f"# {example.title}\n{example.command}\n")


def main() -> int:
    """Parse the command line and seed."""
    parser = argparse.ArgumentParser(prog="python -m local.seed")
    parser.add_argument("--state", type=Path, help="the cloud's folder (default: .tally)")
    arguments = parser.parse_args()
    try:
        seed(State(arguments.state), time.time_ns() // 1_000_000)
    except (NotRunningError, SeedError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Run again, it goes on from here.", file=sys.stderr)
        return 130
    except (BotoCoreError, ClientError) as error:
        print(f"The local cloud does not answer: {error}. `make demo` starts it.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
