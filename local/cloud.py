"""What scripts and tests need of a local cloud: its settings, clients for it, users in it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

import boto3

from local.state import State

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"
ACCESS_KEY: Final = "test"
"""The emulator's root key and its secret: it opens the local cloud only."""


class NotRunningError(RuntimeError):
    """There is no local cloud with a stack in it."""


class UnknownUserError(RuntimeError):
    """The local cloud has no such user; the message names those it has."""


def aws_environment(url: str) -> dict[str, str]:
    """The environment that points any AWS tool at the local cloud and at nothing else."""
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_S3": url,
    }


def session() -> boto3.Session:
    """A session with the local cloud's root key, whatever the caller's own credentials are."""
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=ACCESS_KEY, region_name=REGION
    )


@cache
def client(service: str, url: str) -> Any:
    """The client of a service of a local cloud: one for the process, with its connections."""
    return session().client(service, endpoint_url=url)  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running local cloud with the stack in it. `settings` is `local.json` as it stands."""

    settings: dict[str, Any]

    @classmethod
    def load(cls, state: State | None = None) -> Cloud:
        """The cloud of a state folder.

        Raises:
            NotRunningError: nothing was ever started there.
        """
        where = state or State()
        settings = where.read(where.settings_file)
        if not settings:
            raise NotRunningError("no local cloud here: run `make demo` (or python -m local.up)")
        return cls(settings)

    @property
    def url(self) -> str:
        """The address of every AWS service."""
        return str(self.settings["awsEndpointUrl"])

    @property
    def api_url(self) -> str:
        """The product's own address; paths begin with `/api`."""
        return str(self.settings["apiUrl"])

    @property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB of the local cloud."""
        return cast("DynamoDBClient", client("dynamodb", self.url))

    @property
    def s3(self) -> S3Client:
        """S3 of the local cloud."""
        return cast("S3Client", client("s3", self.url))

    @property
    def sns(self) -> SNSClient:
        """SNS of the local cloud."""
        return cast("SNSClient", client("sns", self.url))

    @property
    def sqs(self) -> SQSClient:
        """SQS of the local cloud."""
        return cast("SQSClient", client("sqs", self.url))

    @property
    def sts(self) -> STSClient:
        """STS of the local cloud."""
        return cast("STSClient", client("sts", self.url))

    @property
    def cognito(self) -> CognitoIdentityProviderClient:
        """Cognito of the local cloud."""
        return cast("CognitoIdentityProviderClient", client("cognito-idp", self.url))

    def create_user(
        self, username: str, password: str, *, group: str, workspace_id: str | None
    ) -> None:
        """Make a user in a group (`operator`, `admin`, `user`), or give an existing one this password.

        The workspace is written when the user is made and cannot be changed afterwards; an operator
        has none.
        """
        cognito, pool = self.cognito, str(self.settings["userPoolId"])
        attributes = {"email": f"{username}@example.com", "email_verified": "true"}
        if workspace_id is not None:
            attributes["custom:workspaceId"] = workspace_id
        with contextlib.suppress(cognito.exceptions.UsernameExistsException):
            cognito.admin_create_user(
                UserPoolId=pool,
                Username=username,
                MessageAction="SUPPRESS",
                UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
            )
        cognito.admin_set_user_password(
            UserPoolId=pool, Username=username, Password=password, Permanent=True
        )
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=username, GroupName=group)

    def passwords(self) -> dict[str, str]:
        """The passwords that `local.json` knows, by user name."""
        users: list[dict[str, str]] = self.settings.get("users", [])
        return {user["username"]: user["password"] for user in users}

    def id_token(self, username: str, password: str | None = None) -> str:
        """Sign a user in; without a password, one of those `local.json` knows under `users`.

        Raises:
            UnknownUserError: no password is known for that name.
        """
        if password is None:
            password = self.passwords().get(username)
        if password is None:
            names = ", ".join(self.passwords()) or "none"
            raise UnknownUserError(f"no user {username!r}; there are: {names}")
        answer = self.cognito.initiate_auth(
            ClientId=str(self.settings["userPoolClientId"]),
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
        return answer["AuthenticationResult"]["IdToken"]


def remember(values: dict[str, Any], state: State | None = None) -> None:
    """Merge what a seeder made (`workspaceId`, `serviceApiKey`, `users`) into `local.json`."""
    where = state or State()
    where.write(where.settings_file, where.read(where.settings_file) | values)
