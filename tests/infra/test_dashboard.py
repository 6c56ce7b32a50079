"""The operator's dashboard shows figures that exist: no graph stays empty for a slip of the pen."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from infra.bundling import ROOT
from tests.infra.template import Template, text

SHARED_WITH = {"query_stats": ("shared/http",)}
"""Where a function's figures are put out besides its own folder."""

FIGURES = {
    *("Count", "4xx", "5xx", "Latency", "Errors", "Throttles", "Duration", "Invocations"),
    *("WriteThrottleEvents", "ReadThrottleEvents"),
    *("ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"),
    *("IteratorAge", "ApproximateNumberOfMessagesVisible"),
    *("FoldLagMs", "EntriesFolded", "EntriesParked"),
    *("PendingAlerts", "PendingAlertsOverSixtySeconds", "AlertsPublished"),
    *("JobsPickedUp", "JobsGivenUp", "ErasureHours"),
    *("Drift", "ArchiveLagHours", "BackupsKept", "StatsCacheHit", "StatsCacheMiss"),
}


def _body(template: Template) -> dict[str, Any]:
    _, dashboard = template.only("CloudWatch::Dashboard")
    body: dict[str, Any] = json.loads(text(dashboard["DashboardBody"]))
    return body


def _rows(template: Template) -> Iterator[list[Any]]:
    """Metrics as widgets name them: namespace, name, dimensions, settings."""
    for widget in _body(template)["widgets"]:
        yield from widget["properties"].get("metrics", ())


def _metrics(template: Template) -> Iterator[tuple[str, str, dict[str, str]]]:
    for row in _rows(template):
        if not isinstance(row[0], dict):
            namespace, name, *rest = row
            flat = [each for each in rest if isinstance(each, str)]
            yield namespace, name, dict(zip(flat[::2], flat[1::2], strict=True))


@cache
def _words(folder: str) -> frozenset[str]:
    """Every string of the code in a folder."""
    return frozenset(
        node.value
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def test_every_figure_of_the_products_own_is_put_out_by_the_function_it_is_said_to_be_of(
    template: Template,
) -> None:
    own = [(name, of["service"]) for space, name, of in _metrics(template) if space == "Tally"]

    assert len(own) >= 10
    for name, service in own:
        folders = (f"functions/{service}", *SHARED_WITH.get(service, ()))
        assert any(name in _words(folder) for folder in folders), f"{service} puts out no {name}"


def test_the_dashboard_shows_what_an_operator_asks_for(template: Template) -> None:
    assert {name for _, name, _ in _metrics(template)} == FIGURES


def test_every_alarm_and_every_queue_of_failures_is_on_the_page(template: Template) -> None:
    alarms = template.of_type("CloudWatch::Alarm")
    (status,) = [each for each in _body(template)["widgets"] if each["type"] == "alarm"]
    watched = {
        text(dimension["Value"])
        for alarm in alarms.values()
        for dimension in alarm.get("Dimensions", ())
        if dimension["Name"] == "QueueName"
    }
    shown = {of["QueueName"] for _, _, of in _metrics(template) if "QueueName" in of}

    assert set(status["properties"]["alarms"]) == set(alarms)
    assert shown == watched


def test_every_function_is_on_the_page(template: Template) -> None:
    shown = {of["FunctionName"] for _, name, of in _metrics(template) if name == "Errors"}

    assert shown == {logical for logical, _ in template.functions().values()}


def test_cloudwatch_takes_the_page_as_it_is(template: Template) -> None:
    """Its size and form: three widgets a row, within the limit of metrics of a widget."""
    widgets = _body(template)["widgets"]

    assert all(each["x"] + each["width"] <= 24 for each in widgets)
    assert all(len(each["properties"].get("metrics", ())) <= 500 for each in widgets)


def test_dollars_are_list_prices_times_counted_units(template: Template) -> None:
    (dollars,) = [
        row[0]["expression"]
        for row in _rows(template)
        if isinstance(row[0], dict) and row[0].get("label") == "dollars an hour"
    ]

    assert "FILL(w, 0) * 0.0000006250" in dollars
    assert "FILL(r, 0) * 0.0000001250" in dollars
    assert dollars.count("FILL(i") == len(template.functions())
