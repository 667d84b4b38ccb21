"""The table FetcherState, as resources/tables.yml makes it."""

from cwp_shared import aws


def make_state_table() -> str:
    """Make the table in moto; its name."""
    aws.client("dynamodb").create_table(
        TableName="FetcherState-local",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "tenant_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "tenant_id", "KeyType": "HASH"}],
    )
    return "FetcherState-local"
