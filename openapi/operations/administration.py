"""Workspaces, API keys, customers, prices, repricings, the audit log, erasure."""

from __future__ import annotations

from typing import Final

from functions.admin.schemas import (
    ApiKeyInput,
    CustomerInput,
    PriceInput,
    SettingsInput,
    WorkspaceInput,
)
from functions.repricing.schemas import RepricingInput
from openapi.models.administration import (
    ApiKeyAnswer,
    ApiKeyList,
    AuditList,
    CustomerAnswer,
    CustomerList,
    ErasureAnswer,
    IssuedApiKey,
    PriceAnswer,
    PricesAnswer,
    RepricingAnswer,
    SystemAnswer,
    WorkspaceAnswer,
    WorkspaceList,
)
from openapi.operation import Answer, Body, Group, Operation, answer
from openapi.operations.exports import EXPORTED, FORMAT
from openapi.parameters import CURSOR, DATES, LIMIT, ORDER, PAGING, Parameter
from shared.domain.errors import AlreadyExistsError, WorkspaceInUseError

ACTOR: Final = Parameter(
    "actor", "Only this actor: `user:<userId>` or `key:<id>`.", {"type": "string"}
)
ACTION: Final = Parameter("action", "Only this action.", {"type": "string"})

ADMINISTRATION: Final = Group(
    "Administration",
    "Settings, keys, customers, prices, and the record of who did what.",
    {
        "GET /api/admin/workspaces": Operation(
            "listWorkspaces", "All workspaces", answer(WorkspaceList), query=(*PAGING, ORDER)
        ),
        "POST /api/admin/workspaces": Operation(
            "createWorkspace",
            "Make a workspace",
            {201: Answer("Made.", WorkspaceAnswer)},
            body=Body(
                WorkspaceInput,
                examples={
                    "With the defaults": {"workspaceId": "acme", "name": "Acme"},
                    "By the token, in Bangkok": {
                        "workspaceId": "acme-th",
                        "name": "Acme Thailand",
                        "timezone": "Asia/Bangkok",
                        "currency": "THB",
                        "exchangeRate": 34.5,
                        "pricing": {"mode": "tokens"},
                    },
                },
            ),
            refusals=(AlreadyExistsError,),
        ),
        "GET /api/admin/workspaces/{workspaceId}": Operation(
            "getWorkspace", "A workspace's settings", answer(WorkspaceAnswer)
        ),
        "PUT /api/admin/workspaces/{workspaceId}": Operation(
            "changeWorkspace",
            "Change settings",
            answer(WorkspaceAnswer),
            "What is left out stays. Currency and time zone are fixed once there are logs.",
            body=Body(
                SettingsInput,
                examples={"Alerts by mail": {"alertEmails": ["ops@acme.example"]}},
            ),
            refusals=(WorkspaceInUseError,),
        ),
        "GET /api/admin/system": Operation(
            "getSystem", "The state of the whole system", answer(SystemAnswer)
        ),
        "GET /api/admin/customers": Operation(
            "listCustomers", "Registered customers", answer(CustomerList), query=(*PAGING, ORDER)
        ),
        "PUT /api/admin/customers/{userId}": Operation(
            "putCustomer",
            "Register a customer, or change the registration",
            answer(CustomerAnswer),
            body=Body(
                CustomerInput, examples={"Active": {"name": "Alice Example", "active": True}}
            ),
        ),
        "GET /api/admin/api-keys": Operation(
            "listApiKeys", "API keys", answer(ApiKeyList), query=(*PAGING, ORDER)
        ),
        "POST /api/admin/api-keys": Operation(
            "createApiKey",
            "Issue an API key",
            {
                201: Answer("Issued; the secret is shown this once.", IssuedApiKey),
                200: Answer("It was issued before; the secret is not told again.", ApiKeyAnswer),
            },
            body=Body(
                ApiKeyInput,
                examples={
                    "For a backend that sells credits": {
                        "name": "Billing backend",
                        "scopes": ["usage:write", "usage:read", "credits:write"],
                    }
                },
            ),
        ),
        "DELETE /api/admin/api-keys/{id}": Operation(
            "revokeApiKey",
            "Revoke an API key",
            {204: Answer("Revoked; it stops working within 60 seconds.")},
        ),
        "GET /api/admin/prices": Operation(
            "listPrices", "The workspace's prices, and what is unpriced", answer(PricesAnswer)
        ),
        "PUT /api/admin/prices": Operation(
            "putPrice",
            "Set a price from a time on",
            answer(PriceAnswer),
            "The same `effectiveFrom` again replaces.",
            body=Body(
                PriceInput,
                examples={
                    "By the request": {
                        "service": "chat",
                        "effectiveFrom": "2026-11-01T00:00:00Z",
                        "perRequest": 0.005,
                    },
                    "By the token": {
                        "service": "assistant",
                        "model": "gpt-5.4-mini",
                        "effectiveFrom": "2026-11-01T00:00:00Z",
                        "perMillion": {"input": 0.25, "output": 2, "cachedInput": 0.025},
                    },
                },
            ),
        ),
        "POST /api/admin/repricings": Operation(
            "startRepricing",
            "Price logs anew",
            {
                200: Answer("Done.", RepricingAnswer),
                202: Answer("It takes longer: ask for it by its id.", RepricingAnswer),
            },
            body=Body(
                RepricingInput,
                examples={
                    "What would it change?": {
                        "startDate": "2026-11-01",
                        "endDate": "2026-11-20",
                        "service": "assistant",
                        "dryRun": True,
                    }
                },
            ),
        ),
        "GET /api/admin/repricings/{id}": Operation(
            "getRepricing", "A repricing", answer(RepricingAnswer)
        ),
        "GET /api/admin/audit": Operation(
            "listAuditEntries",
            "The audit log, newest first",
            answer(AuditList),
            query=(LIMIT, CURSOR, ORDER, *DATES, ACTOR, ACTION),
        ),
        "GET /api/admin/audit/export": Operation(
            "exportAudit",
            "Export the audit log to a file",
            EXPORTED,
            query=(FORMAT, *DATES, ACTOR, ACTION),
        ),
        "DELETE /api/admin/users/{userId}": Operation(
            "eraseUser",
            "Erase a user",
            {202: Answer("Accepted; a job completes it.", ErasureAnswer)},
            "The id, notes and metadata go from logs, lists, exports and archive. Balances and sums stay, "
            "provable, under the accountId.",
        ),
    },
)
