"""Who signs in: a user pool whose users carry their workspace and their role (a group)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cognito as cognito

from infra.nag import accept

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage

GROUPS: Final = {
    "operator": "All workspaces",
    "admin": "One workspace",
    "user": "Own data only",
}
WORKSPACE_ATTRIBUTE: Final = "workspaceId"
WORKSPACE_CLAIM: Final = f"custom:{WORKSPACE_ATTRIBUTE}"


class Identity:
    """The pool and its client. Users are made by an administrator, never by themselves."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        self.pool = cognito.UserPool(
            scope,
            "UserPool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(username=True),
            # The name is the ledger's user id, and ids that differ in case are two users.
            sign_in_case_sensitive=True,
            # Set once, by whoever makes the user: a user who could change it would change tenant.
            custom_attributes={
                WORKSPACE_ATTRIBUTE: cognito.StringAttribute(min_len=1, max_len=128, mutable=False)
            },
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=stage.retain_data,
            removal_policy=stage.removal,
        )
        accept(
            self.pool,
            "A second factor is offered to everyone; requiring it is the operator's decision, for "
            "it locks out users who have none.",
            "COG2",
        )
        accept(
            self.pool,
            "Threat protection costs a fee per active user; sign-in is throttled and audited.",
            "COG3",
            "COG8",
        )
        for group, description in GROUPS.items():
            cognito.UserPoolGroup(
                scope,
                f"Group{group.title()}",
                user_pool=self.pool,
                group_name=group,
                description=description,
            )
        self.client = self._build_client()

    def _build_client(self) -> cognito.UserPoolClient:
        return self.pool.add_client(
            "Client",
            # The page sends the password to the pool itself, over TLS: SRP would be one more library in it.
            auth_flows=cognito.AuthFlow(user_srp=True, user_password=True),
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            id_token_validity=Duration.hours(1),
            access_token_validity=Duration.hours(1),
            # As long as a tab may keep one: whoever comes back the next day signs in again.
            refresh_token_validity=Duration.days(1),
            read_attributes=cognito.ClientAttributes()
            .with_standard_attributes(email=True, email_verified=True)
            .with_custom_attributes(WORKSPACE_ATTRIBUTE),
            write_attributes=cognito.ClientAttributes().with_standard_attributes(email=True),
            disable_o_auth=True,
        )

    @property
    def issuer(self) -> str:
        """The `iss` of the pool's tokens, the same on AWS and in the local cloud."""
        stack = Stack.of(self.pool)
        return f"https://cognito-idp.{stack.region}.{stack.url_suffix}/{self.pool.user_pool_id}"

    @staticmethod
    def address(scope: Construct, stage: Stage) -> str:
        """Where people sign in: the service in the stack's region, or the local cloud."""
        stack = Stack.of(scope)
        return stage.cloud_url or f"https://cognito-idp.{stack.region}.{stack.url_suffix}"

    def jwks_url(self, stage: Stage) -> str:
        """Where the pool's public keys are: below the issuer, or at the local cloud's address."""
        if stage.cloud_url:
            return f"{stage.cloud_url}/{self.pool.user_pool_id}/.well-known/jwks.json"
        return f"{self.issuer}/.well-known/jwks.json"
