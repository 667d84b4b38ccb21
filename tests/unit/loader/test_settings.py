import pytest

from cwp_loader.settings import GatherSettings, SettleSettings

ENVIRONMENT = {
    "STAGE": "dev",
    "BUS_NAME": "connectwise-dev",
    "BUCKET_NAME": "bucket",
    "QUEUE_URL": "https://sqs/statements",
    "DLQ_URL": "https://sqs/statements-dlq",
    "STATEMENTS_QUEUE_URL": "https://sqs/statements",
    "LOAD_STATE_TABLE": "LoadState-dev",
    "TENANT_SERVICES_TABLE": "TenantServices-dev",
    "LOAD_WINDOW_SECONDS": "1800",
    "WORKGROUP_NAME": "connectwise-dev",
    "DATABASE": "dev",
    "COPY_ROLE_ARN": "arn:aws:iam::000000000000:role/connectwise-copy-dev",
}


def test_the_environment_is_read() -> None:
    settle = SettleSettings.from_environment(ENVIRONMENT)
    assert settle.copy_role_arn.endswith("role/connectwise-copy-dev")
    assert GatherSettings.from_environment(ENVIRONMENT).statements_queue_url.endswith("statements")


@pytest.mark.parametrize("missing", ["LOAD_STATE_TABLE", "DATABASE", "COPY_ROLE_ARN"])
def test_what_is_missing_is_named(missing: str) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != missing}
    with pytest.raises(RuntimeError, match=missing):
        SettleSettings.from_environment(environment)


def test_a_role_must_be_a_role() -> None:
    with pytest.raises(RuntimeError, match="COPY_ROLE_ARN"):
        SettleSettings.from_environment({**ENVIRONMENT, "COPY_ROLE_ARN": "copy"})
