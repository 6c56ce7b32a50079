"""The table as the key schema has it, and who may sign in."""

from shared.store import schema
from tests.infra.template import Resource, Template


def _keys(entry: Resource) -> dict[str, str]:
    return {each["KeyType"]: each["AttributeName"] for each in entry["KeySchema"]}


def test_the_tables_keys_and_indexes_are_those_of_the_schema(template: Template) -> None:
    _, table = template.only("DynamoDB::GlobalTable")
    indexes = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}

    assert _keys(table) == {"HASH": schema.PK, "RANGE": schema.SK}
    assert set(indexes) == {index.name for index in schema.TABLE_INDEXES}
    for index in schema.TABLE_INDEXES:
        found = indexes[index.name]
        assert _keys(found) == {"HASH": index.partition_key, "RANGE": index.sort_key}
        if index.include:
            assert set(found["Projection"]["NonKeyAttributes"]) == set(index.include)
        else:
            assert found["Projection"] == {"ProjectionType": "ALL"}


def test_the_journals_index_never_carries_the_digest(template: Template) -> None:
    _, table = template.only("DynamoDB::GlobalTable")
    (journal,) = [i for i in table["GlobalSecondaryIndexes"] if i["IndexName"] == "journal"]

    assert journal["Projection"]["ProjectionType"] == "INCLUDE"
    assert "dg" not in journal["Projection"]["NonKeyAttributes"]


def test_the_table_costs_nothing_idle_expires_streams_and_can_be_restored(
    template: Template,
) -> None:
    _, table = template.only("DynamoDB::GlobalTable")

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    for replica in table["Replicas"]:
        assert replica["PointInTimeRecoverySpecification"] == {
            "PointInTimeRecoveryEnabled": True,
            "RecoveryPeriodInDays": 35,
        }


def test_on_aws_data_outlives_the_stack(on_aws: Template) -> None:
    kept = {
        resource["Type"]
        for resource in on_aws.document["Resources"].values()
        if resource.get("DeletionPolicy") == "Retain"
    }
    _, table = on_aws.only("DynamoDB::GlobalTable")

    assert {"AWS::DynamoDB::GlobalTable", "AWS::KMS::Key", "AWS::Cognito::UserPool"} <= kept
    assert {"AWS::S3::Bucket", "AWS::Logs::LogGroup"} <= kept
    assert all(replica["DeletionProtectionEnabled"] for replica in table["Replicas"])


def test_nobody_makes_himself_a_user_and_passwords_are_strong(template: Template) -> None:
    _, pool = template.only("Cognito::UserPool")
    policy = pool["Policies"]["PasswordPolicy"]

    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert policy["MinimumLength"] >= 12
    for what in ("Lowercase", "Uppercase", "Numbers", "Symbols"):
        assert policy[f"Require{what}"] is True


def test_a_user_cannot_change_workspace(template: Template) -> None:
    _, pool = template.only("Cognito::UserPool")
    _, client = template.only("Cognito::UserPoolClient")
    (attribute,) = [a for a in pool["Schema"] if a["Name"] == "workspaceId"]

    assert attribute["Mutable"] is False
    assert "custom:workspaceId" in client["ReadAttributes"]
    assert "custom:workspaceId" not in client["WriteAttributes"]


def test_there_is_a_group_for_every_role_of_people(template: Template) -> None:
    groups = template.of_type("Cognito::UserPoolGroup").values()

    assert {group["GroupName"] for group in groups} == {"operator", "admin", "user"}


def test_the_page_signs_in_with_a_password_and_without_a_secret_for_a_day(
    template: Template,
) -> None:
    """The page sends it to the pool itself, over TLS; what it keeps is good until the next day."""
    _, client = template.only("Cognito::UserPoolClient")

    assert "ALLOW_USER_PASSWORD_AUTH" in client["ExplicitAuthFlows"]
    assert client["GenerateSecret"] is False
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"] is True
    assert client["TokenValidityUnits"]["RefreshToken"] == "minutes"
    assert client["RefreshTokenValidity"] == 24 * 60
    assert client["IdTokenValidity"] == 60


def test_the_outputs_have_the_names_others_rely_on(template: Template) -> None:
    names = {"ApiUrl", "TableName", "ExportBucketName", "AlertTopicArn", "UserPoolId"}

    page = {"DashboardUrl", "SiteBucketName", "CognitoUrl", "StageName"}
    assert names | page | {"UserPoolClientId", "ApiId"} <= set(template.document["Outputs"])
