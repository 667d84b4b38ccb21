"""Tenants: items of the DynamoDB table TenantServices, and where their API keys are kept.

An item holds settings only. Keys live in Secrets Manager under `secret_name`, and nowhere else.
"""

import ipaddress
import re
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from cwp_shared.errors import Terminal
from cwp_shared.names import TenantId
from cwp_shared.settings import Stage

SERVICE: Final = "connectwise"

#: ConnectWise's own API hosts; a stage may allow more (config/<stage>.yml: allowedHosts).
CONNECTWISE_HOSTS = re.compile(r"^[a-z0-9-]+\.(myconnectwise\.net|connectwisedev\.com)$")


class TenantConfig(BaseModel):
    """One item of TenantServices (key: tenant_id, service)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tenant_id: TenantId
    service: Literal["connectwise"] = SERVICE
    #: API host, `api-na.myconnectwise.net`; on stage local also `http://127.0.0.1:<port>`.
    site: str = Field(min_length=1, max_length=255)
    #: The company id that ConnectWise logins begin with.
    company: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    enabled: bool = True
    #: None: every table there is.
    tables: tuple[str, ...] | None = None
    #: How often a tick opens an incremental run, in minutes.
    cadence_minutes: int = Field(default=15, ge=1, le=1440)

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        """Read an item as boto3's resource API gives it.

        Raises:
            Terminal: naming tenant and field.
        """
        try:
            return cls.model_validate(item)
        except ValidationError as error:
            wrong = "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())
            raise Terminal(
                f"TenantServices item of {item.get('tenant_id')!r} is not valid: {wrong}"
            ) from None

    def to_item(self) -> dict[str, Any]:
        """The item to store."""
        return self.model_dump(mode="json", exclude_none=True)


class ApiKeys(BaseModel):
    """What Secrets Manager holds for a tenant, as JSON. Never printed: fields are SecretStr."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    public_key: SecretStr
    private_key: SecretStr
    client_id: SecretStr


def secret_name(stage: Stage, tenant_id: str) -> str:
    """The name of a tenant's secret."""
    return f"connectwise/{stage}/{tenant_id}"


class SiteUrl(BaseModel):
    """A tenant's checked base URL, without a trailing slash."""

    model_config = ConfigDict(frozen=True)

    stage: Stage
    site: str
    allowed_hosts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        parts = urlsplit(self._text())
        host = parts.hostname or ""
        if parts.username or parts.password or parts.path.strip("/") or parts.query:
            raise ValueError(f"site {self.site!r} must be a host name only")
        if _is_loopback(host):
            if self.stage != "local":
                raise ValueError(f"site {self.site!r} is this machine: only stage local may use it")
            return self
        if parts.scheme != "https":
            raise ValueError(f"site {self.site!r} must use https")
        if not CONNECTWISE_HOSTS.fullmatch(host) and host not in self.allowed_hosts:
            raise ValueError(
                f"host {host!r} is not on the allow-list: ConnectWise's own hosts, and those that "
                f"config/{self.stage}.yml names under allowedHosts"
            )
        return self

    def _text(self) -> str:
        return self.site if "://" in self.site else f"https://{self.site}"

    @property
    def url(self) -> str:
        """`https://api-na.myconnectwise.net`."""
        return self._text().rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
