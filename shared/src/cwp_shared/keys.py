"""The S3 layout (docs/architecture.md), one function per kind of object.

Every key starts with the tenant, so a role, a lifecycle rule and a person can be given one
tenant's data. Parsing a key is as strict as building one: a key that does not fit names nothing.
"""

import re
from dataclasses import dataclass

from cwp_shared.names import check_tenant_id

SOURCE = "connectwise"
#: Stands where a tenant would, over what names none; no tenant can have this id.
UNKNOWN_TENANT = "_unknown"

_RAW = re.compile(
    r"(?P<tenant>[^/]+)/raw/connectwise/(?P<table>[a-z][a-z0-9_]{0,62})/(?P<stamp>[0-9TZ]+)\.parquet"
)


def is_of_tenant(key: str, tenant_id: str) -> bool:
    """Whether a key lies under the tenant, and nowhere else by any reading of it."""
    first, *rest = key.split("/")
    is_plain = key.isascii() and key.isprintable()
    return first == tenant_id and bool(rest) and is_plain and not {"", ".", ".."} & set(rest)


@dataclass(frozen=True)
class RawKey:
    """The parts of a raw file's key."""

    tenant_id: str
    table: str
    timestamp: str


def landing(tenant_id: str, table: str, run_id: str, job_id: str) -> str:
    """One page body as received but for what is sensitive, gzip. Expires by lifecycle rule."""
    return f"{tenant_id}/landing/{SOURCE}/{table}/{run_id}/{job_id}.json.gz"


def raw(tenant_id: str, table: str, timestamp: str) -> str:
    """One file of flattened rows."""
    return f"{tenant_id}/raw/{SOURCE}/{table}/{timestamp}.parquet"


def raw_prefix(tenant_id: str, table: str) -> str:
    """Where a table's raw files are; listed, they come in the order they were written."""
    return f"{tenant_id}/raw/{SOURCE}/{table}/"


def parse_raw(key: str) -> RawKey:
    """The parts of a raw key; `ValueError` if it is not one."""
    found = _RAW.fullmatch(key)
    if not found:
        raise ValueError(
            f"{key!r} is not a raw file: expected "
            "{tenant}/raw/connectwise/{table}/{timestamp}.parquet"
        )
    return RawKey(check_tenant_id(found["tenant"]), found["table"], found["stamp"])


def sweep(tenant_id: str, table: str, timestamp: str) -> str:
    """The ids that some pages of a reconcile run brought, as Parquet."""
    return f"{tenant_id}/sweeps/{SOURCE}/{table}/{timestamp}.parquet"


def sweep_prefix(tenant_id: str, table: str) -> str:
    """Where the files of a table's sweeps are."""
    return f"{tenant_id}/sweeps/{SOURCE}/{table}/"


def known_ids(tenant_id: str, table: str, run_id: str) -> str:
    """What a table's ids were after a sweep, as Parquet; the next sweep starts from it."""
    return f"{known_ids_prefix(tenant_id, table)}{run_id}.parquet"


def known_ids_prefix(tenant_id: str, table: str) -> str:
    """Where the known ids after each sweep are; listed, they come in the order of the sweeps."""
    return f"{tenant_id}/sweeps/{SOURCE}/{table}/known/"


def canonical(tenant_id: str, canonical_table: str, timestamp: str) -> str:
    """One file of history operations, in the schema the warehouse has."""
    return f"{canonical_prefix(tenant_id, canonical_table)}{timestamp}.parquet"


def canonical_prefix(tenant_id: str, canonical_table: str) -> str:
    """Where a table's canonical files are, and behind them the manifests of loads."""
    return f"{tenant_id}/canonical/{canonical_table}/"


def manifest(tenant_id: str, canonical_table: str, load_id: str) -> str:
    """The COPY manifest of one load, beside the files it names: the COPY role reads this prefix."""
    return f"{tenant_id}/canonical/{canonical_table}/manifests/{load_id}.json"


def state(tenant_id: str, canonical_table: str, name: str) -> str:
    """A piece of the history index; `name` may have slashes."""
    return f"{tenant_id}/state/{canonical_table}/{name}"


def run_record(tenant_id: str, table: str, run_id: str) -> str:
    """The outcome of an ended run; from the completed ones `LastUpdated` can be made anew."""
    return f"{tenant_id}/runs/{SOURCE}/{table}/{run_id}.json"


def tenant_record(tenant_id: str) -> str:
    """The tenant's settings without secrets, from which `TenantServices` can be made anew."""
    return f"{tenant_id}/tenant.json"


def quarantine(tenant_id: str, table: str, name: str) -> str:
    """What could not be taken; the reason lies beside it."""
    return f"{tenant_id}/quarantine/{table}/{name}"


def dropped_letter(tenant_id: str | None, queue: str, message_id: str) -> str:
    """The copy of a dead letter that an operator dropped; of no tenant: under `_unknown`."""
    try:
        owner = check_tenant_id(str(tenant_id))
    except ValueError:
        owner = UNKNOWN_TENANT
    return quarantine(owner, "dead-letters", f"{queue}/{message_id}.json")
