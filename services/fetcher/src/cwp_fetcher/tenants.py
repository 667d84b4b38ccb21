"""Where tenants' settings and keys are read from."""

from typing import Any, Final

from botocore.exceptions import ClientError

from cwp_shared.tenants import SERVICE

#: Not there, or scheduled for deletion.
_GONE: Final = frozenset({"ResourceNotFoundException", "InvalidRequestException"})


class TenantItems:
    """The DynamoDB table TenantServices, read only.

    Args:
        table: as `cwp_shared.aws.table` gives it.
    """

    def __init__(self, table: Any) -> None:
        self._table = table

    def find(self, tenant_id: str) -> dict[str, Any] | None:
        """The tenant's item for ConnectWise, or None."""
        answer = self._table.get_item(Key={"tenant_id": tenant_id, "service": SERVICE})
        item: dict[str, Any] | None = answer.get("Item")
        return item


class Secrets:
    """Secrets Manager, read only.

    Args:
        client: a Secrets Manager client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, name: str) -> str | None:
        """The secret's text, or None."""
        try:
            answer = self._client.get_secret_value(SecretId=name)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise
        text: str | None = answer.get("SecretString")
        return text
