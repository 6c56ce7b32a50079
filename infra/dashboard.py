"""The operator's dashboard in CloudWatch: on one page, whether all is well, and what it costs.

Figures of the product's own come from log lines of the functions; `tests/infra` holds their names
against what the code puts out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.functions import METRICS_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aws_cdk import aws_apigatewayv2 as gateway
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from infra.table import DataTable

MINUTE: Final = Duration.minutes(1)
FIVE_MINUTES: Final = Duration.minutes(5)
HOUR: Final = Duration.hours(1)
DAY: Final = Duration.days(1)
THIRD: Final = 8
"""Widgets stand three in a row: a page is 24 columns wide."""

SUM, MAX, P95 = cloudwatch.Stats.SUM, cloudwatch.Stats.MAXIMUM, cloudwatch.Stats.p(95)

WRITE_UNIT, READ_UNIT, REQUEST, INVOCATION = 0.625e-6, 0.125e-6, 1.0e-6, 0.2e-6
"""List prices in dollars: of DynamoDB on demand, an HTTP API, Lambda. Its time and storage come on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the dashboard shows."""

    api: gateway.HttpApi
    functions: Mapping[str, lambda_.Function]
    consumers: Sequence[str]
    failures: Sequence[sqs.Queue]
    table: DataTable
    alarms: Sequence[cloudwatch.IAlarm]


def build_dashboard(scope: Construct, watched: Watched) -> cloudwatch.Dashboard:
    """One page: alarms, requests, the stream, what waits, proofs, money."""
    return cloudwatch.Dashboard(
        scope,
        "Operations",
        default_interval=Duration.days(1),
        widgets=[
            [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(watched.alarms), width=24)],
            _requests(watched.api),
            _functions(watched),
            _stream(watched),
            _proofs(watched.failures),
            _money(watched),
        ],
    )


def _requests(api: gateway.HttpApi) -> list[cloudwatch.IWidget]:
    latency = [
        api.metric_latency(statistic=each, period=FIVE_MINUTES, label=label)
        for each, label in ((cloudwatch.Stats.p(50), "p50"), (P95, "p95"), (MAX, "longest"))
    ]
    errors = [
        api.metric_client_error(statistic=SUM, period=FIVE_MINUTES, label="refused (4xx)"),
        api.metric_server_error(statistic=SUM, period=FIVE_MINUTES, label="failed (5xx)"),
    ]
    return [
        _graph("Requests", [api.metric_count(period=FIVE_MINUTES)]),
        _graph("Refused and failed requests", errors),
        _graph("Latency in ms", latency),
    ]


def _functions(watched: Watched) -> list[cloudwatch.IWidget]:
    functions = watched.functions.values()
    return [
        _graph("Errors", [each.metric_errors(period=FIVE_MINUTES) for each in functions]),
        _graph(
            "Throttles",
            [
                *(each.metric_throttles(period=FIVE_MINUTES) for each in functions),
                _of_table(watched.table, "WriteThrottleEvents", FIVE_MINUTES),
                _of_table(watched.table, "ReadThrottleEvents", FIVE_MINUTES),
            ],
        ),
        _graph(
            "Duration, p95 in ms",
            [each.metric_duration(statistic=P95, period=FIVE_MINUTES) for each in functions],
        ),
    ]


def _stream(watched: Watched) -> list[cloudwatch.IWidget]:
    ages = [
        watched.functions[name].metric("IteratorAge", statistic=MAX, period=MINUTE, label=name)
        for name in watched.consumers
    ]
    folding = [
        _own("aggregate", "EntriesFolded", SUM, FIVE_MINUTES),
        _own("aggregate", "EntriesParked", SUM, FIVE_MINUTES),
    ]
    return [
        _graph("Age of the stream in ms", ages),
        _graph("From commit to cells in ms", [_own("aggregate", "FoldLagMs", MAX, MINUTE)]),
        _graph("Entries folded and parked", folding),
    ]


def _proofs(failures: Iterable[sqs.Queue]) -> list[cloudwatch.IWidget]:
    waiting = [
        queue.metric_approximate_number_of_messages_visible(
            statistic=MAX, period=FIVE_MINUTES, label=queue.node.id
        )
        for queue in failures
    ]
    alerts = [
        _own("alerts", "PendingAlerts", MAX, MINUTE),
        _own("alerts", "PendingAlertsOverSixtySeconds", MAX, MINUTE),
        _own("alerts", "AlertsPublished", SUM, MINUTE),
    ]
    nightly = [
        _own("reconcile", "Drift", MAX, DAY),
        _own("archive", "ArchiveLagHours", MAX, DAY),
        _own("backup", "BackupsKept", MAX, DAY),
    ]
    jobs = [
        _own("reconcile", "JobsPickedUp", SUM, HOUR),
        _own("reconcile", "JobsGivenUp", SUM, HOUR),
        _own("reconcile", "ErasureHours", MAX, HOUR),
    ]
    return [
        _graph("Dead letters and what is set aside", waiting),
        _graph("Long work picked up and given up, hours of the oldest erasure", jobs),
        _graph("Alerts", alerts),
        _graph("Drift, hours the archive is behind, backups", nightly),
    ]


def _money(watched: Watched) -> list[cloudwatch.IWidget]:
    hits = _own("query_stats", "StatsCacheHit", SUM, FIVE_MINUTES)
    misses = _own("query_stats", "StatsCacheMiss", SUM, FIVE_MINUTES)
    rate = cloudwatch.MathExpression(
        expression="100 * hits / (hits + misses)",
        using_metrics={"hits": hits, "misses": misses},
        label="% told again",
        period=FIVE_MINUTES,
    )
    writes = _of_table(watched.table, "ConsumedWriteCapacityUnits", HOUR)
    reads = _of_table(watched.table, "ConsumedReadCapacityUnits", HOUR)
    calls = {
        f"i{number}": function.metric_invocations(period=HOUR)
        for number, function in enumerate(watched.functions.values())
    }
    invocations = " + ".join(f"FILL({name}, 0)" for name in calls)
    dollars = cloudwatch.MathExpression(
        expression=(
            f"FILL(w, 0) * {WRITE_UNIT:.10f} + FILL(r, 0) * {READ_UNIT:.10f} "
            f"+ FILL(q, 0) * {REQUEST:.10f} + ({invocations}) * {INVOCATION:.10f}"
        ),
        using_metrics={
            "w": writes,
            "r": reads,
            "q": watched.api.metric_count(period=HOUR),
            **calls,
        },
        label="dollars an hour",
        period=HOUR,
    )
    return [
        _graph("Statistics told again", [rate]),
        _graph("Units of the table in an hour", [writes, reads]),
        _graph("Table, gateway and invocations, list prices", [dollars]),
    ]


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=THIRD)


def _own(service: str, name: str, statistic: str, period: Duration) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=period,
        label=name,
    )


def _of_table(table: DataTable, name: str, period: Duration) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/DynamoDB",
        metric_name=name,
        dimensions_map={"TableName": table.table_name},
        statistic=SUM,
        period=period,
        label=name,
    )
