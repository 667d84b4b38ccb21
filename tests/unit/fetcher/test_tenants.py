from typing import Any

import pytest
from botocore.exceptions import ClientError

from cwp_fetcher.tenants import Secrets, TenantItems
from tests.unit.fetcher.fakes import client_error


class FakeTable:
    def __init__(self, item: dict[str, Any] | None) -> None:
        self.item = item
        self.asked: list[dict[str, str]] = []

    def get_item(self, Key: dict[str, str]) -> dict[str, Any]:  # noqa: N803 - boto3's spelling
        self.asked.append(Key)
        return {"Item": self.item} if self.item else {}


class FakeSecretsManager:
    def __init__(self, answer: dict[str, Any] | ClientError) -> None:
        self.answer = answer

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 - boto3's spelling
        assert SecretId == "connectwise/dev/acme"
        if isinstance(self.answer, ClientError):
            raise self.answer
        return self.answer


def test_a_tenants_item_is_found_by_tenant_and_service() -> None:
    table = FakeTable({"tenant_id": "acme"})
    assert TenantItems(table).find("acme") == {"tenant_id": "acme"}
    assert table.asked == [{"tenant_id": "acme", "service": "connectwise"}]
    assert TenantItems(FakeTable(None)).find("acme") is None


def test_a_secrets_text() -> None:
    assert Secrets(FakeSecretsManager({"SecretString": "{}"})).find("connectwise/dev/acme") == "{}"
    assert Secrets(FakeSecretsManager({"SecretBinary": b""})).find("connectwise/dev/acme") is None


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "InvalidRequestException"])
def test_a_secret_that_is_gone_is_none(code: str) -> None:
    assert Secrets(FakeSecretsManager(client_error(code))).find("connectwise/dev/acme") is None


def test_a_missing_right_is_not_a_missing_secret() -> None:
    with pytest.raises(ClientError):
        Secrets(FakeSecretsManager(client_error("AccessDenied"))).find("connectwise/dev/acme")
