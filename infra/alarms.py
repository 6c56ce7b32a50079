"""What the operator is called for. Every alarm rings the one alarm topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions

from infra.functions import METRICS_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_apigatewayv2 as gateway
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from infra.config import Stage

BACKUP_METRIC: Final = "DailyBackups"
FIVE_MINUTES: Final = Duration.minutes(5)
ONE_MINUTE: Final = Duration.minutes(1)
ONE_HOUR: Final = Duration.hours(1)
ARCHIVE_LAG_METRIC: Final = "ArchiveLagHours"
DRIFT_METRIC: Final = "Drift"
ERASURE_METRIC: Final = "ErasureHours"
NIGHTS_METRIC: Final = "NightsProved"
PENDING_METRIC: Final = "PendingAlertsOverSixtySeconds"


class Alarms:
    """Makes alarms on one topic. Silence is not a breach, but where somebody has to report every hour."""

    def __init__(self, scope: Construct, stage: Stage, topic: sns.ITopic) -> None:
        self._scope = scope
        self._limits = stage.alarms
        self._action = actions.SnsAction(topic)
        self.made: list[cloudwatch.Alarm] = []

    def watch_functions(self, functions: Mapping[str, lambda_.Function]) -> None:
        """Errors and throttles of each function."""
        for function in functions.values():
            name = function.node.id
            self._alarm(
                f"{name}Errors",
                f"{name} raised an error",
                function.metric_errors(period=FIVE_MINUTES),
                self._limits.function_errors,
            )
            self._alarm(
                f"{name}Throttles",
                f"{name} was started more often than the account allows",
                function.metric_throttles(period=FIVE_MINUTES),
                self._limits.function_throttles,
            )

    def watch_consumer(self, function: lambda_.Function) -> None:
        """How far a stream consumer is behind."""
        name = function.node.id
        self._alarm(
            f"{name}Lag",
            f"{name} is behind the table's stream",
            function.metric("IteratorAge", statistic=cloudwatch.Stats.MAXIMUM, period=ONE_MINUTE),
            self._limits.iterator_age_seconds * 1_000,
            periods=3,
        )

    def watch_failures(self, queue: sqs.Queue) -> None:
        """Anything at all in a queue where failures end."""
        name = queue.node.id
        self._alarm(
            f"{name}NotEmpty",
            f"{name} holds messages that somebody has to look at",
            queue.metric_approximate_number_of_messages_visible(
                statistic=cloudwatch.Stats.MAXIMUM, period=ONE_MINUTE
            ),
            1,
        )

    def watch_api(self, api: gateway.HttpApi) -> None:
        """The share of requests answered with a server error."""
        self._alarm(
            "ApiServerErrors",
            "Too many requests are answered with a server error",
            # One data point a request, 0 or 1: their average is the rate.
            api.metric_server_error(statistic=cloudwatch.Stats.AVERAGE, period=FIVE_MINUTES),
            self._limits.server_error_rate,
        )

    def watch_daily_backup(self) -> None:
        """Two days in which no backup was made."""
        made = cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=BACKUP_METRIC,
            dimensions_map={"service": "backup"},
            statistic=cloudwatch.Stats.SAMPLE_COUNT,
            period=Duration.days(1),
        )
        self._alarm(
            "NoDailyBackup", "No backup has been made for two days", made, 1, periods=2, below=True
        )

    def watch_pending_alerts(self) -> None:
        """Alerts that nobody got a minute after the write that crossed the line.

        The sweep of the alerts function reports their number.
        """
        self._alarm(
            "AlertsNotSent",
            "Alerts have been waiting for more than sixty seconds",
            cloudwatch.Metric(
                namespace=METRICS_NAMESPACE,
                metric_name=PENDING_METRIC,
                dimensions_map={"service": "alerts"},
                statistic=cloudwatch.Stats.MAXIMUM,
                period=ONE_MINUTE,
            ),
            1,
        )

    def watch_archive(self) -> None:
        """A day that is over and not archived, and that nobody looks for such days any more."""
        lag = cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=ARCHIVE_LAG_METRIC,
            dimensions_map={"service": "archive"},
            statistic=cloudwatch.Stats.MAXIMUM,
            period=ONE_HOUR,
        )
        self._alarm(
            "ArchiveLag",
            "A day that is over is not archived",
            lag,
            self._limits.archive_lag_hours,
        )
        self._silence(
            "ArchiveSilence",
            "Nobody has looked for days to archive",
            lag,
            self._limits.archive_silence_hours,
        )

    def watch_nights(self) -> None:
        """Figures that are not what the journals say, and a night in which nobody looked."""
        self._alarm(
            "Drift",
            "Cells, logs or alerts are not what the journals say",
            _of_reconcile(DRIFT_METRIC, cloudwatch.Stats.MAXIMUM),
            1,
        )
        self._silence(
            "NightMissing",
            "Nobody has proved the cells for more than a day",
            _of_reconcile(NIGHTS_METRIC, cloudwatch.Stats.MAXIMUM),
            self._limits.night_silence_hours,
        )

    def watch_jobs(self) -> None:
        """An erasure that does not end, and that nobody looks for work that was left any more."""
        taking = _of_reconcile(ERASURE_METRIC, cloudwatch.Stats.MAXIMUM)
        self._alarm(
            "ErasureOverdue",
            "An erasure has been under way for too long",
            taking,
            self._limits.erasure_hours,
        )
        self._silence(
            "PickingUpSilence",
            "Nobody has looked for work that was left",
            taking,
            self._limits.picking_up_silence_hours,
        )

    def _silence(self, name: str, description: str, metric: cloudwatch.Metric, hours: int) -> None:
        """Nobody has told a figure for so many hours."""
        told = metric.with_(statistic=cloudwatch.Stats.SAMPLE_COUNT)
        self._alarm(name, description, told, 1, periods=hours, below=True)

    def _alarm(
        self,
        name: str,
        description: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        *,
        periods: int = 1,
        below: bool = False,
    ) -> None:
        comparison, missing = cloudwatch.ComparisonOperator, cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self._scope,
            f"{name}Alarm",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=comparison.LESS_THAN_THRESHOLD
            if below
            else comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # Who has to report is below any number when nothing is heard.
            treat_missing_data=missing.BREACHING if below else missing.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        self.made.append(alarm)


def _of_reconcile(name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={"service": "reconcile"},
        statistic=statistic,
        period=ONE_HOUR,
    )
