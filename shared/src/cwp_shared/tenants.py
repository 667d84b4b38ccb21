"""Tenants: items of the DynamoDB table TenantServices, and where their API keys are kept.

An item holds settings only. Keys live in Secrets Manager under `secret_name`, and nowhere else.
"""

import ipaddress
import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from cwp_shared.errors import Terminal
from cwp_shared.names import CanonicalTable, TenantId
from cwp_shared.settings import Stage
from cwp_shared.tables import default_tables, source_tables

SERVICE: Final = "connectwise"

#: A table nobody knows is refused this often, until somebody mends the tenant's settings.
_UNKNOWN_TABLE: Final = timedelta(days=1)

_HTTPS: Final = 443
#: No user, no escapes, nothing beyond ASCII: two readers of it cannot disagree.
_HOST_AND_PORT = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:[0-9]{1,5})?")
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
    #: None: the default set (`tables.default_tables`).
    tables: tuple[str, ...] | None = None
    #: How often a tick opens a run, in minutes; None: what each table's entry says.
    cadence_minutes: int | None = Field(default=None, ge=1, le=10_080)
    #: The same for single tables; goes before `cadence_minutes`.
    cadences: dict[str, Annotated[int, Field(ge=1, le=10_080)]] = Field(default_factory=dict)
    #: How often the warehouse is loaded, in minutes; None: the stage's window.
    load_minutes: int | None = Field(default=None, ge=1, le=1440)
    #: Canonical tables that do not wait for it.
    load_now: tuple[CanonicalTable, ...] = ()
    #: Requests a minute that the tenant's API is sent at most, by all functions together.
    requests_per_minute: int = Field(default=300, ge=1, le=1000)
    #: Requests at once, and id windows of a large run.
    parallel_requests: int = Field(default=4, ge=1, le=16)
    #: Tables whose lastUpdated filter does not work at this tenant (`cwpipe tenants check`): they
    #: are read in full.
    full_only: tuple[str, ...] = ()
    #: Deletes that are believed without asking: at most this share of a table's known ids ...
    delete_guard_share: float = Field(default=0.05, ge=0, le=1)
    #: ... or this many, whichever is more.
    delete_guard_rows: int = Field(default=25, ge=0)

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        """Read an item as boto3's resource API gives it.

        Raises:
            Terminal: naming tenant and field.
        """
        try:
            return cls.model_validate(item)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise Terminal(
                f"TenantServices item of {item.get('tenant_id')!r} is not valid: {wrong}"
            ) from None

    def to_item(self) -> dict[str, Any]:
        """The item to store, in types that boto3's resource API takes."""
        plain = self.model_dump(mode="json", exclude_none=True)
        return {**plain, "delete_guard_share": Decimal(str(self.delete_guard_share))}

    def selected_tables(self) -> tuple[str, ...]:
        """The tables the tenant is set up for, known or not."""
        return self.tables if self.tables is not None else default_tables()

    def cadence(self, table: str) -> timedelta:
        """How often a table is synced: as said here of it, or of all, or as its entry does.

        It is counted from opening to opening.
        """
        if minutes := self.cadences.get(table, self.cadence_minutes):
            return timedelta(minutes=minutes)
        entry = source_tables().get(table)
        return timedelta(minutes=entry.cadence_minutes) if entry else _UNKNOWN_TABLE


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
    """A tenant's checked base URL, without a trailing slash.

    `allowed_hosts` are names, or `name:port` where the port is not that of https. `url` is put
    together from what was checked, so that nobody reads another host in it than we did.
    """

    model_config = ConfigDict(frozen=True)

    stage: Stage
    site: str
    allowed_hosts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        parts = self._parts
        host = parts.hostname or ""
        if not _HOST_AND_PORT.fullmatch(parts.netloc.lower()) or not _is_bare(parts, self.site):
            raise ValueError(f"site {self.site!r} must be a host name only")
        if _is_loopback(host):
            if self.stage != "local":
                raise ValueError(f"site {self.site!r} is this machine: only stage local may use it")
            return self
        if parts.scheme != "https":
            raise ValueError(f"site {self.site!r} must use https")
        named = host if parts.port in (None, _HTTPS) else f"{host}:{parts.port}"
        allowed = {name.lower() for name in self.allowed_hosts}
        if not CONNECTWISE_HOSTS.fullmatch(named) and named not in allowed:
            raise ValueError(
                f"host {named!r} is not on the allow-list: ConnectWise's own hosts, and those that "
                f"config/{self.stage}.yml names under allowedHosts"
            )
        return self

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.site if "://" in self.site else f"https://{self.site}")

    @property
    def url(self) -> str:
        """`https://api-na.myconnectwise.net`."""
        return f"{self._parts.scheme}://{self._parts.netloc.lower()}"


def _is_bare(parts: SplitResult, site: str) -> bool:
    """Whether there is nothing beside scheme, host and port; `urlsplit` drops line breaks."""
    return site.isprintable() and parts.path in ("", "/") and not parts.query + parts.fragment


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
