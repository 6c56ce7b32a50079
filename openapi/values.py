"""Values of the contract, each a named schema with an example, and the base of the answers' models."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from typing_extensions import TypeAliasType

from shared.domain.ids import ACCOUNT_ID, ID, NAME, TRANSACTION_ID
from shared.domain.workspace import MAX_RETENTION_DAYS, MIN_RETENTION_DAYS

JsonSchema = dict[str, Any]

SHOWN: Final = "x-shown"
"""Marks members for whoever makes examples; the document does not have it."""

EXAMPLE_TIME: Final = "2026-11-20T09:30:00.000Z"
EXAMPLE_LOG: Final = "019a9d1c-7c00-7b3e-9f1a-5d2c8e4b6a01"
EXAMPLE_ACCOUNT: Final = "acct_3f9c2b7a10e84d56c1aa"


class View(BaseModel):
    """An object of an answer: camelCase, and no member beside those that are listed."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


def absent(*, shown: bool = False, **details: Any) -> Any:
    """The default of a member that is left out when there is nothing to tell. It is never null.

    Made examples have it when it is `shown` or has an example of its own.
    """
    if shown or "examples" in details:
        details["json_schema_extra"] = {SHOWN: True}
    return Field(default=None, **details)


def text(pattern: str, example: str, description: str, **more: Any) -> WithJsonSchema:
    """The schema of a text of a given form."""
    return WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{pattern}$",
            "description": description,
            "examples": [example],
            **more,
        }
    )


def number(example: float, description: str, **more: Any) -> WithJsonSchema:
    """The schema of a number."""
    return WithJsonSchema(
        {"type": "number", "description": description, "examples": [example], **more}
    )


Money = TypeAliasType(
    "Money",
    Annotated[
        Decimal,
        number(
            0.005,
            "An amount of money in the workspace's currency, written as an exact decimal literal. Read it "
            "into a decimal type: a binary float rounds it.",
            minimum=0,
        ),
    ],
)
SignedMoney = TypeAliasType(
    "SignedMoney",
    Annotated[Decimal, number(-0.125, "An exact difference of amounts of money.")],
)
Rate = TypeAliasType(
    "Rate",
    Annotated[Decimal, number(0.025, "A share from 0 to 1, six decimals.", minimum=0, maximum=1)],
)
Mean = TypeAliasType(
    "Mean", Annotated[Decimal, number(812.5, "A mean, two decimals, rounded half up.", minimum=0)]
)
Growth = TypeAliasType(
    "Growth",
    Annotated[
        Decimal,
        number(31.58, "Growth in percent, two decimals, rounded half up: (0.125 − 0.095) ÷ 0.095."),
    ],
)
Count = TypeAliasType(
    "Count", Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0, "examples": [42]})]
)
Hour = TypeAliasType(
    "Hour",
    Annotated[
        int,
        WithJsonSchema({
            "type": "integer", "minimum": 0, "maximum": 23, "examples": [14],
            "description": "A local hour of the day.",
        }),
    ],
)  # fmt: skip
Timestamp = TypeAliasType(
    "Timestamp",
    Annotated[
        str,
        text(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
            EXAMPLE_TIME,
            "A time in UTC, to the millisecond.",
            format="date-time",
        ),
    ],
)
Day = TypeAliasType(
    "Day",
    Annotated[
        str,
        text(
            r"\d{4}-\d\d-\d\d",
            "2026-11-20",
            "A local day of the workspace.",
            format="date",
        ),
    ],
)
Month = TypeAliasType(
    "Month",
    Annotated[str, text(r"\d{4}-\d\d", "2026-11", "A local month of the workspace.")],
)
Period = TypeAliasType(
    "Period",
    Annotated[str, text(r"\d{4}-\d\d(-\d\d)?", "2026-11-20", "A local day or month.")],
)
UserId = TypeAliasType(
    "UserId",
    Annotated[
        str,
        text(
            ID.pattern,
            "alice",
            "A user. Where the workspace keeps users pseudonymous, admins see the accountId here in "
            "everything but the ledger and single logs.",
        ),
    ],
)
Id = TypeAliasType(
    "Id",
    Annotated[str, text(ID.pattern, EXAMPLE_LOG, "An id.")],
)
WorkspaceId = TypeAliasType("WorkspaceId", Annotated[str, text(ID.pattern, "acme", "A workspace.")])
AccountId = TypeAliasType(
    "AccountId",
    Annotated[
        str,
        text(
            ACCOUNT_ID.pattern,
            EXAMPLE_ACCOUNT,
            "A user's account: stable, and not reversible without the workspace's secret. It is taken "
            "wherever a userId is.",
        ),
    ],
)
TransactionId = TypeAliasType(
    "TransactionId",
    Annotated[
        str,
        text(TRANSACTION_ID.pattern, "tx_3f9c2b7a10e84d56c1aa_7", "A transaction of an account."),
    ],
)
Sha256 = TypeAliasType(
    "Sha256",
    Annotated[
        str, text("[0-9a-f]{64}", "9b74c9897bac770ffc029102a200c5de" * 2, "A SHA-256, in hex.")
    ],
)
Currency = TypeAliasType(
    "Currency", Annotated[str, text("[A-Z]{3}", "USD", "An ISO 4217 currency.")]
)
ServiceName = TypeAliasType(
    "ServiceName", Annotated[str, text(NAME.pattern, "assistant", "Who reported the usage.")]
)
ProviderName = TypeAliasType(
    "ProviderName", Annotated[str, text(NAME.pattern, "openai", "Who serves the model.")]
)
ModelName = TypeAliasType(
    "ModelName", Annotated[str, text(NAME.pattern, "gpt-5.4-mini", "A model.")]
)
Url = TypeAliasType(
    "Url",
    Annotated[
        str,
        WithJsonSchema({
            "type": "string",
            "format": "uri",
            "description": "A presigned address; it needs no credential, and ends.",
            "examples": ["https://exports.example.com/exports/acme/0.csv?X-Amz-Expires=3600"],
        }),
    ],
)  # fmt: skip
RetentionDays = TypeAliasType(
    "RetentionDays",
    Annotated[
        int,
        WithJsonSchema({
            "type": "integer", "examples": [92],
            "minimum": MIN_RETENTION_DAYS, "maximum": MAX_RETENTION_DAYS,
        }),
    ],
)  # fmt: skip
FreeObject = TypeAliasType(
    "FreeObject",
    Annotated[
        dict[str, Any],
        WithJsonSchema({
            "type": "object",
            "description": "A JSON object as it was sent.",
            "examples": [{"conversation": "c-17"}],
        }),
    ],
)  # fmt: skip
