"""What differs between deployments. One template, two stages: `prod` on AWS, `local` on this machine.

Nothing else in `infra` asks which stage it is in: it asks for the setting that differs.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import RetentionDays

Architecture = Literal["arm64", "x86_64"]

NEWEST_PYTHON: Final = "3.14"
"""The newest Python runtime that this version of the CDK offers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the functions run on: Python as `major.minor`, and the processor.

    `on_host` means this very machine and its operating system, not the one AWS runs functions on.
    """

    python: str
    architecture: Architecture
    on_host: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTuning:
    """How the two consumers of the table's stream are fed.

    `retries` is None where the emulator retries without end and only the age of a record stops it.
    """

    batch_size: int
    parallelization: int
    max_record_age_seconds: int
    retries: int | None
    bisect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLimits:
    """When an alarm rings. Counts are sums over five minutes."""

    function_errors: int = 1
    function_throttles: int = 1
    iterator_age_seconds: int = 60
    server_error_rate: float = 0.01
    archive_lag_hours: int = 26
    night_silence_hours: int = 30
    archive_silence_hours: int = 6
    erasure_hours: int = 24
    picking_up_silence_hours: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Requests in a minute by the caller's role; and bad credentials from one address."""

    service: int = 60_000
    admin: int = 3_000
    operator: int = 3_000
    user: int = 600
    bad: int = 120

    @property
    def text(self) -> str:
        """As the functions are told."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRules:
    """How far back the table can be brought, and what is kept of it.

    Continuous backup reaches back `continuous_days` (35 is DynamoDB's most) at $0.20 a gigabyte and
    month, whatever the days. Each daily backup is a whole copy at $0.10: they are there for the day on
    which the table itself is gone, so a week of them is kept and not five.
    """

    continuous_days: int = 35
    daily_days: int = 7
    daily_at: str = "cron(15 2 * * ? *)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A live copy of the table in another region, for the day on which this one is gone.

    It doubles what writes of the table cost. `key_arn` is a key of the operator's over there; it is
    needed where the stage has a key of its own.
    """

    region: str
    key_arn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Every switch of a deployment.

    `own_key` encrypts everything with one key of the operator's (about a dollar a month and a
    charge per call); without it AWS's own keys are used. `tls_only` refuses unencrypted requests in
    the policies of bucket, queues and topics. `alert_queue` adds a queue that hears every
    alert, for tests. `checkpoint_lock_days` is how long nobody, not even the account's root, can change or
    delete a checkpoint of the ledger; `query_limit_bytes` what one query of the archive may read (half a
    dollar). `dashboard_domain` is the dashboard's own domain, `dashboard_certificate` the ARN of
    its certificate in us-east-1; without them it has CloudFront's. `cloud_url` is the local cloud's
    address, None on AWS.
    """

    name: Literal["prod", "local"]
    target: Target
    streams: StreamTuning
    version: str = "0"
    alarms: AlarmLimits = AlarmLimits()
    rates: RateLimits = RateLimits()
    own_key: bool = True
    retain_data: bool = True
    backups: BackupRules = BackupRules()
    replica: Replica | None = None
    log_retention: RetentionDays = RetentionDays.THREE_MONTHS
    requests_per_second: int = 2_000
    request_burst: int = 4_000
    live_messages_per_second: int = 200
    live_message_burst: int = 1_000
    export_days: int = 7
    download_log_days: int = 400
    checkpoint_lock_days: int | None = None
    query_limit_bytes: int = 100 * 1024**3
    tls_only: bool = True
    alert_queue: bool = False
    alarm_email: str | None = None
    dashboard_domain: str | None = None
    dashboard_certificate: str | None = None
    cloud_url: str | None = None

    @property
    def removal(self) -> RemovalPolicy:
        """What becomes of data when the stack goes."""
        return RemovalPolicy.RETAIN if self.retain_data else RemovalPolicy.DESTROY


_PROD: Final = Stage(
    name="prod",
    target=Target(python=NEWEST_PYTHON, architecture="arm64"),
    checkpoint_lock_days=400,
    # A day of retries with halving and a dead-letter queue behind them: nothing blocks for longer.
    streams=StreamTuning(
        batch_size=1_000,
        parallelization=2,
        max_record_age_seconds=6 * 3_600,
        retries=20,
        bisect=True,
    ),
)


def prod(
    version: str,
    *,
    own_key: bool = True,
    replica: Replica | None = None,
    alarm_email: str | None = None,
    dashboard_domain: str | None = None,
    dashboard_certificate: str | None = None,
) -> Stage:
    """The deployment on AWS.

    Raises:
        ValueError: there is a domain without a certificate, or the other way round.
    """
    if (dashboard_domain is None) != (dashboard_certificate is None):
        raise ValueError("dashboardDomain and dashboardCertificate go together")
    return replace(
        _PROD,
        version=version,
        own_key=own_key,
        replica=replica,
        alarm_email=alarm_email,
        dashboard_domain=dashboard_domain,
        dashboard_certificate=dashboard_certificate,
    )


def local(version: str, target: Target, cloud_url: str | None) -> Stage:
    """The deployment into the local cloud, on the host's own Python and processor.

    The emulator retries a failing stream batch for ever and honours neither bisect nor the number of
    retries, so the age of a record is what bounds a poisoned batch. The emulator speaks plain HTTP, on the
    loopback address, and enforces policies: one that refuses what is not TLS would refuse everything.
    """
    return Stage(
        name="local",
        target=target,
        version=version,
        streams=StreamTuning(
            batch_size=1_000,
            parallelization=1,
            max_record_age_seconds=600,
            retries=None,
            bisect=False,
        ),
        retain_data=False,
        log_retention=RetentionDays.ONE_DAY,
        tls_only=False,
        alert_queue=True,
        cloud_url=cloud_url,
    )
