"""The stack: composes the constructs, grants what crosses between them, names the outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam

from infra.access_log import build_access_log
from infra.alarms import Alarms
from infra.api import Api
from infra.archive import JOBS_AT_ONCE as ARCHIVED_AT_ONCE
from infra.archive import Archive
from infra.audit import TAKE, AuditBacklog
from infra.backup import build_daily_backup
from infra.dashboard import Watched, build_dashboard
from infra.exports import Exports
from infra.function_specs import BY_NAME, FUNCTIONS
from infra.functions import Functions
from infra.identity import WORKSPACE_CLAIM, Identity
from infra.jobs import Jobs
from infra.key import DataKey
from infra.live import Live
from infra.nag import accept, accept_lint
from infra.nights import build_nights, build_picking_up
from infra.schedule import build_sweep
from infra.site import Site
from infra.streams import Streams
from infra.table import build_table
from infra.topics import Topics

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from infra.config import Stage

CONSUMERS = ("aggregate", "alerts")
"""What follows the table's stream."""

WORKERS = ("export", "repricing", "erasure", "archive", "reconcile")
"""What goes on with long work as jobs."""

JOBS_AT_ONCE = {"archive": ARCHIVED_AT_ONCE}
"""Those of which every workspace's come in the same hours; the others are as many as callers ask for."""


class TallyStack(Stack):
    """Everything of one deployment."""

    def __init__(self, scope: Construct, construct_id: str, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, description="Usage meter and credit ledger", **kwargs)
        self._stage = stage
        self._data_key = DataKey(self, stage)
        self._table = build_table(self, stage, self._data_key)
        self._functions = Functions(self, stage, self._data_key, self._table)
        self._topics = Topics(self, stage, self._data_key)
        access_log = build_access_log(self, stage)
        self._exports = Exports(self, stage, self._data_key, access_log)
        self._archive = Archive(self, stage, self._data_key, access_log)
        audit_timeout = BY_NAME["audit"].timeout
        self._audit_backlog = AuditBacklog(self, stage, self._data_key, audit_timeout)
        self._jobs = {
            name: Jobs(
                self, name.title(), stage, self._data_key, function_timeout=BY_NAME[name].timeout
            )
            for name in WORKERS
        }
        self._identity = Identity(self, stage)
        self._api = Api(self, stage, self._data_key)
        self._live = Live(self, stage, self._data_key)
        self._site = Site(
            self,
            stage,
            self._data_key,
            api=self._api.api,
            access_log=access_log,
            connects_to=(self._identity.address(self, stage), self._live.origin),
        )
        self._streams = Streams(self, stage, self._data_key)
        download_role = self._exports.build_download_role(
            self, self._functions.roles["export"], self._data_key
        )
        self._grant(download_role)
        self._functions.build(self._settings(download_role))
        self._streams.feed(self._functions, self._table)
        self._audit_backlog.feed(self, self._functions["audit"], self._functions.roles["audit"])
        for name, jobs in self._jobs.items():
            function, role = self._functions[name], self._functions.roles[name]
            jobs.feed(self, function, role, JOBS_AT_ONCE.get(name))
        build_daily_backup(self, stage, self._functions, self._table)
        build_sweep(self, self._functions["alerts"])
        self._archive.schedule(self, self._functions["archive"])
        build_nights(self, self._functions)
        build_picking_up(self, self._functions, self._jobs)
        self._api.lead_to(self._functions)
        self._live.lead_to(self._functions)
        self._watch()
        self._name_outputs()

    def _settings(self, download_role: iam.Role) -> dict[str, str]:
        identity = self._identity
        return {
            "ALERT_TOPIC_ARN": self._topics.alerts.topic_arn,
            "ARCHIVE_BUCKET": self._archive.bucket.bucket_name,
            "ARCHIVE_QUEUE_URL": self._jobs["archive"].queue.queue_url,
            "AUDIT_QUEUE_URL": self._audit_backlog.queue.queue_url,
            "BACKUP_DAYS": str(self._stage.backups.daily_days),
            "CHECKPOINT_BUCKET": self._archive.checkpoints.bucket_name,
            "CHECKPOINT_KEY_ID": self._archive.key_id,
            "DASHBOARD_URL": self._site.url,
            "DOWNLOAD_ROLE_ARN": download_role.role_arn,
            "EDGE_SECRET": self._site.secret,
            "ERASURE_QUEUE_URL": self._jobs["erasure"].queue.queue_url,
            "FAILURE_QUEUE_URLS": ",".join(queue.queue_url for queue in self._failures),
            "EXPORT_BUCKET": self._exports.bucket.bucket_name,
            "EXPORT_QUEUE_URL": self._jobs["export"].queue.queue_url,
            "JWT_AUDIENCE": identity.client.user_pool_client_id,
            "JWT_ISSUER": identity.issuer,
            "JWT_JWKS_URL": identity.jwks_url(self._stage),
            "JWT_ROLE_CLAIM": "cognito:groups",
            "JWT_USER_CLAIM": "cognito:username",
            "JWT_WORKSPACE_CLAIM": WORKSPACE_CLAIM,
            "LIVE_ENDPOINT": self._live.endpoint,
            "LIVE_QUEUE_URL": self._live.queue.queue_url,
            "PARKED_QUEUE_URL": self._streams.parked.queue_url,
            "RECONCILE_QUEUE_URL": self._jobs["reconcile"].queue.queue_url,
            "REPRICING_QUEUE_URL": self._jobs["repricing"].queue.queue_url,
            "RATES_PER_MINUTE": self._stage.rates.text,
        }

    def _grant(self, download_role: iam.Role) -> None:
        """What a function may do besides its part of the table, and the key for all of it."""
        exports, alerts = self._exports, self._topics.alerts.topic_arn
        files = exports.bucket.arn_for_objects("*")
        write = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject")
        self._allow("export", list(write), files)
        self._allow("erasure", ["s3:ListBucket"], exports.bucket.bucket_arn)
        self._allow("erasure", ["s3:DeleteObject"], files)
        self._allow("export", ["sts:AssumeRole"], download_role.role_arn)
        self._archive.allow(*(self._functions.roles[n] for n in ("archive", "erasure", "export")))
        self._archive.allow_proving(self._functions.roles["reconcile"])
        self._allow("admin", ["sns:Subscribe"], alerts)
        subscriptions = ("Unsubscribe", "GetSubscriptionAttributes", "SetSubscriptionAttributes")
        self._allow("admin", [f"sns:{action}" for action in subscriptions], "*")
        self._allow("alerts", ["sns:Publish"], alerts)
        self._allow("alerts", ["sqs:SendMessage"], self._live.queue.queue_arn)
        self._live.allow(self._functions.roles["live"])
        self._allow("aggregate", ["sqs:SendMessage"], self._streams.parked.queue_arn)
        backlog = self._audit_backlog.queue.queue_arn
        answering = [spec.name for spec in FUNCTIONS if spec.answers_callers]
        for name in answering:
            self._allow(name, ["sqs:SendMessage"], backlog)
        self._allow("audit", list(TAKE), backlog)
        for queue in self._failures:
            self._allow("system", ["sqs:GetQueueAttributes"], queue.queue_arn)
        for name, jobs in self._jobs.items():
            jobs.allow(self._functions.roles[name])
        services = {"alerts": ("sns", "sqs"), "aggregate": ("sqs",), "live": ("sqs",)}
        services |= dict.fromkeys(answering, ("sqs",))
        services |= dict.fromkeys(("export", "erasure", "archive"), ("s3", "sqs"))
        services["reconcile"] = ("sqs", "s3")
        for name, role in self._functions.roles.items():
            self._data_key.allow(role, "dynamodb", *services.get(name, ()))
        export_files = "Export files have generated names; the role reaches this one bucket only."
        bucket = self.resolve(exports.bucket.bucket_arn)["Fn::GetAtt"][0]
        for role in (*map(self._functions.roles.__getitem__, ("export", "erasure")), download_role):
            accept(role, export_files, f"IAM5[Resource::<{bucket}.Arn>/*]")
        accept(
            self._functions.roles["admin"],
            "SNS knows no resource for these three actions: a policy that names one grants nothing.",
            "IAM5[Resource::*]",
        )

    def _allow(self, function: str, actions: list[str], resource: str) -> None:
        self._functions.roles[function].add_to_policy(
            iam.PolicyStatement(actions=actions, resources=[resource])
        )

    @property
    def _failures(self) -> tuple[sqs.Queue, ...]:
        """The queues where failures end: each with an alarm, their depths shown to operators."""
        return (
            self._streams.parked,
            *self._streams.dead_letters.values(),
            self._audit_backlog.queue,
            self._audit_backlog.dead_letters,
            *(jobs.dead_letters for jobs in self._jobs.values()),
        )

    def _watch(self) -> None:
        alarms = Alarms(self, self._stage, self._topics.alarms)
        alarms.watch_functions(self._functions.functions)
        for name in CONSUMERS:
            alarms.watch_consumer(self._functions[name])
        for queue in self._failures:
            alarms.watch_failures(queue)
        alarms.watch_daily_backup()
        alarms.watch_api(self._api.api)
        alarms.watch_pending_alerts()
        alarms.watch_archive()
        alarms.watch_nights()
        alarms.watch_jobs()
        build_dashboard(
            self,
            Watched(
                api=self._api.api,
                functions=self._functions.functions,
                consumers=CONSUMERS,
                failures=self._failures,
                table=self._table,
                alarms=alarms.made,
            ),
        )

    def _name_outputs(self) -> None:
        outputs = {
            "ApiUrl": self._api.api.api_endpoint,
            "ApiId": self._api.api.api_id,
            "TableName": self._table.table_name,
            "ExportBucketName": self._exports.bucket.bucket_name,
            "ArchiveBucketName": self._archive.bucket.bucket_name,
            "CheckpointBucketName": self._archive.checkpoints.bucket_name,
            "AlertTopicArn": self._topics.alerts.topic_arn,
            "SiteBucketName": self._site.bucket.bucket_name,
            "DashboardUrl": self._site.url,
            "LiveUrl": self._live.url,
            "StageName": self._stage.name,
            "CognitoUrl": self._identity.address(self, self._stage),
            "UserPoolId": self._identity.pool.user_pool_id,
            "UserPoolClientId": self._identity.client.user_pool_client_id,
        }
        if self._archive.key is not None:
            outputs["CheckpointKeyId"] = self._archive.key_id
        if self._topics.alert_queue:
            outputs["AlertQueueUrl"] = self._topics.alert_queue.queue_url
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
        accept_lint(
            self,
            "The name of the stack's own table is put out only where the stack has one; the check does "
            "not look into the choice.",
            "W1001",
        )
