"""Adding tenants: settings in TenantServices and S3, API keys in Secrets Manager only."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError
from pydantic import ValidationError

from cwp_ops import paging
from cwp_ops.errors import OperatorError
from cwp_shared import keys
from cwp_shared.errors import Terminal
from cwp_shared.names import check_tenant_id
from cwp_shared.settings import Stage
from cwp_shared.tables import source_table
from cwp_shared.tenants import SERVICE, ApiKeys, SiteUrl, TenantConfig, secret_name

#: As many as Secrets Manager gives at once.
_NAMES_A_PAGE: Final = 100


@dataclass(frozen=True)
class TenantBook:
    """Where a stage keeps its tenants."""

    stage: Stage
    table: Any
    secrets: Any
    s3: Any
    bucket: str

    def add(self, tenant: TenantConfig, api_keys: ApiKeys) -> None:
        """Keep a tenant; keys first, so that a tick never finds it without. Again replaces."""
        self.keep_keys(tenant.tenant_id, api_keys)
        self.keep_record(tenant)
        self.table.put_item(Item=tenant.to_item())

    def keep_keys(self, tenant_id: str, api_keys: ApiKeys) -> None:
        """Store or replace a tenant's API keys."""
        name, text = secret_name(self.stage, tenant_id), _secret_text(api_keys)
        try:
            self.secrets.create_secret(Name=name, SecretString=text)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in {"ResourceExistsException", "InvalidRequestException"}:
                raise
            if not self.has_keys(tenant_id):
                # A tenant of this name was removed; its secret can be brought back for a week.
                self.secrets.restore_secret(SecretId=name)
            self.secrets.put_secret_value(SecretId=name, SecretString=text)

    def keys_of(self, tenant_id: str) -> ApiKeys:
        """A tenant's API keys.

        Raises:
            OperatorError: there are none, or what is stored is not keys.
        """
        name = secret_name(self.stage, tenant_id)
        try:
            text = self.secrets.get_secret_value(SecretId=name)["SecretString"]
            return ApiKeys.model_validate_json(text)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            reason = "has no API keys"
        except ValidationError:
            reason = f"has something else than API keys in {name}"
        raise OperatorError(
            f"tenant {tenant_id!r} {reason}; enter them with `cwpipe tenants keys {tenant_id}`"
        )

    def has_keys(self, tenant_id: str) -> bool:
        """Whether there are keys for the tenant (not whether they are right)."""
        try:
            known = self.secrets.describe_secret(SecretId=secret_name(self.stage, tenant_id))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return False
            raise
        # A secret that is deleted can still be described until its time is over.
        return "DeletedDate" not in known

    def with_keys(self, tenant_ids: Collection[str]) -> set[str]:
        """Those of the tenants that there are keys for.

        Of more than one, all names are listed. The list may lack a name for a while, so what is
        not in it is asked for.
        """
        listed = self._names_listed() if len(tenant_ids) > 1 else set()
        return {
            tenant_id
            for tenant_id in tenant_ids
            if secret_name(self.stage, tenant_id) in listed or self.has_keys(tenant_id)
        }

    def _names_listed(self) -> set[str]:
        filters = [{"Key": "name", "Values": [secret_name(self.stage, "")]}]
        pages = self.secrets.get_paginator("list_secrets").paginate(
            Filters=filters, PaginationConfig={"PageSize": _NAMES_A_PAGE}
        )
        found = (secret for page in pages for secret in page["SecretList"])
        return {secret["Name"] for secret in found if "DeletedDate" not in secret}

    def keep_record(self, tenant: TenantConfig) -> None:
        """The settings without secrets in S3, from which the table can be made anew."""
        self.s3.put_object(
            Bucket=self.bucket,
            Key=keys.tenant_record(tenant.tenant_id),
            Body=tenant.model_dump_json(exclude_none=True).encode(),
            ContentType="application/json",
        )

    def enable(self, tenant: TenantConfig, *, enabled: bool) -> None:
        """Let a tenant be synced, or not; whatever else its item holds stays."""
        self.table.update_item(
            Key={"tenant_id": tenant.tenant_id, "service": SERVICE},
            UpdateExpression="SET enabled = :enabled",
            ConditionExpression=Attr("tenant_id").exists(),
            ExpressionAttributeValues={":enabled": enabled},
        )
        self.keep_record(tenant.model_copy(update={"enabled": enabled}))

    def change(self, tenant: TenantConfig, settings: Mapping[str, Any]) -> TenantConfig:
        """Set some of a tenant's settings; None takes one out, so that the default holds.

        Raises:
            OperatorError: a value that may not be; nothing was changed.
        """
        kept = {name: value for name, value in settings.items() if value is not None}
        fields = tenant.model_dump(exclude=set(settings)) | kept
        changed = _checked(fields)
        item = changed.to_item()
        names = {f"#{name}": name for name in settings}
        values = {f":{name}": item[name] for name in kept}
        parts = []
        if kept:
            parts.append("SET " + ", ".join(f"#{name} = :{name}" for name in kept))
        if gone := [name for name in settings if name not in kept]:
            parts.append("REMOVE " + ", ".join(f"#{name}" for name in gone))
        self.table.update_item(
            Key={"tenant_id": tenant.tenant_id, "service": SERVICE},
            UpdateExpression=" ".join(parts),
            ConditionExpression="attribute_exists(tenant_id)",
            ExpressionAttributeNames=names,
            **({"ExpressionAttributeValues": values} if values else {}),
        )
        self.keep_record(changed)
        return changed

    def get(self, tenant_id: str) -> TenantConfig:
        """One tenant.

        Raises:
            OperatorError: no such tenant, or its item is not valid.
        """
        try:
            check_tenant_id(tenant_id)
        except ValueError as error:
            raise OperatorError(str(error)) from None
        key = {"tenant_id": tenant_id, "service": SERVICE}
        item = self.table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            known = ", ".join(sorted(item["tenant_id"] for item in self.items())) or "none yet"
            raise OperatorError(
                f"there is no tenant {tenant_id!r} on stage {self.stage} (tenants: {known}); "
                "add it with `cwpipe tenants add`"
            )
        try:
            return TenantConfig.from_item(item)
        except Terminal as error:
            raise OperatorError(str(error)) from None

    def items(self) -> Iterator[dict[str, Any]]:
        """The items of all tenants, unchecked: one bad item must not hide the others."""
        found = paging.items(self.table.scan)
        return (item for item in found if item.get("service") == SERVICE)


@dataclass(frozen=True)
class Sites:
    """The sites that a stage's tenants may have: the fetcher calls no others."""

    stage: Stage
    #: Beside ConnectWise's own.
    allowed_hosts: tuple[str, ...] = ()

    @classmethod
    def of(cls, stage: Stage, environ: Mapping[str, str]) -> Self:
        """As config/<stage>.yml takes them from the same environment when it is deployed."""
        given = "" if stage == "local" else environ.get("CWP_ALLOWED_HOSTS", "")
        return cls(stage, tuple(filter(None, map(str.strip, given.split(",")))))

    def url(self, site: str) -> str:
        """A site's checked base URL; `ValueError` says why it may not be one."""
        return SiteUrl(stage=self.stage, site=site, allowed_hosts=self.allowed_hosts).url


def checked(
    sites: Sites,
    tenant_id: str,
    site: str,
    company: str,
    tables: Sequence[str] = (),
    cadence_minutes: int | None = None,
) -> TenantConfig:
    """A tenant's settings, checked before any key is asked for.

    Raises:
        OperatorError: naming the field that is wrong and the rule.
    """
    try:
        check_tenant_id(tenant_id)
        sites.url(site)
        for table in tables:
            source_table(table)
        return TenantConfig(
            tenant_id=tenant_id,
            site=site,
            company=company,
            tables=tuple(tables) or None,
            cadence_minutes=cadence_minutes,
        )
    except ValidationError as error:
        raise OperatorError("; ".join(map(_told, error.errors()))) from None
    except (ValueError, Terminal) as error:
        raise OperatorError(str(error)) from None


def _checked(fields: Mapping[str, Any]) -> TenantConfig:
    try:
        return TenantConfig.model_validate(fields)
    except ValidationError as error:
        raise OperatorError("; ".join(map(_told, error.errors()))) from None


def _told(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _secret_text(api_keys: ApiKeys) -> str:
    plain = {name: getattr(api_keys, name).get_secret_value() for name in ApiKeys.model_fields}
    return json.dumps(plain)
