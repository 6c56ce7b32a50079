"""Starts the local cloud and deploys the stack into it: `python -m local.up [--state FOLDER]`.

Does what is missing and no more: a cloud that runs is left running, a tree that is deployed already
is not deployed again, a page that is there is not put there again.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any, Final

from infra.publish import BUILT, publish
from infra.publish import fingerprint as page_fingerprint
from local import process as emulator
from local.cloud import REGION, session
from local.deploy import deploy, fingerprint
from local.process import CloudError, Process
from local.state import State

OUTPUT_NAMES: Final = {
    "tableName": "TableName",
    "exportBucketName": "ExportBucketName",
    "alertTopicArn": "AlertTopicArn",
    "alertQueueUrl": "AlertQueueUrl",
    "userPoolId": "UserPoolId",
    "userPoolClientId": "UserPoolClientId",
    "dashboardUrl": "DashboardUrl",
    "liveUrl": "LiveUrl",
}

LOST: Final = (
    "The local cloud had ended without putting its data away: it is as it was when it was last stopped."
    " (`make reset` begins anew.)"
)
OUTPUTS: Final = "outputs"
"""The member of `local.json` that holds the stack's outputs as they are."""


def up(state: State) -> dict[str, Any]:
    """Start what is not running, deploy what is not deployed, the dashboard too where it is built.

    Returns:
        The settings, as they stand in `local.json`.

    Raises:
        CloudError: the emulator did not start or the deployment failed.
    """
    with state.locked():
        lost = emulator.lost(state)
        process = emulator.find(state) or emulator.start(state)
        wanted = fingerprint(process)
        settings = state.read(state.settings_file)
        if settings and not _is_there(process, settings):
            settings = {}
            state.write(state.settings_file, settings)
        if settings and lost:
            # What it has is older than what the settings tell: which release, which page.
            settings |= {"deployed": None, "published": None}
            state.write(state.settings_file, settings)
        if lost:
            print(LOST, file=sys.stderr)
        if settings.get("deployed") != wanted:
            outputs = deploy(state, process)
            settings |= _settings(process, outputs) | {"deployed": wanted}
            state.write(state.settings_file, settings)
        if (BUILT / "index.html").is_file():
            _put_page(state, process, settings)
        return settings


def _put_page(state: State, process: Process, settings: dict[str, Any]) -> None:
    outputs = settings[OUTPUTS]
    wanted = page_fingerprint(BUILT, outputs)
    if settings.get("published") != wanted:
        publish(session().client("s3", endpoint_url=process.url), BUILT, outputs)
        settings |= {"published": wanted}
        state.write(state.settings_file, settings)


def _is_there(process: Process, settings: dict[str, Any]) -> bool:
    """Whether the emulator has the table that the settings name."""
    dynamodb = session().client("dynamodb", endpoint_url=process.url)
    tables = dynamodb.get_paginator("list_tables").paginate()
    return any(settings["tableName"] in page["TableNames"] for page in tables)


def _settings(process: Process, outputs: dict[str, str]) -> dict[str, Any]:
    # The address in the outputs is AWS's; this path leads to the same API here.
    api_url = f"{process.url}/_aws/execute-api/{outputs['ApiId']}/$default"
    named = {ours: outputs.get(theirs) for ours, theirs in OUTPUT_NAMES.items()}
    where = {"apiUrl": api_url, "awsEndpointUrl": process.url, "region": REGION}
    return where | named | {OUTPUTS: outputs, "published": None}


def main() -> int:
    """Parse the command line, start, and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m local.up", description=up.__doc__)
    parser.add_argument("--state", type=Path, help="the cloud's folder (default: .tally)")
    begun = time.monotonic()
    try:
        settings = up(State(parser.parse_args().state))
    except CloudError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The local cloud runs (ready in {time.monotonic() - begun:.0f} s).")
    print(f"  API   {settings['apiUrl']}")
    print(f"  AWS   {settings['awsEndpointUrl']}")
    if settings.get("published"):
        print(f"  Page  {settings['dashboardUrl']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
