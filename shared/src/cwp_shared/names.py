"""Names that become S3 prefixes, warehouse schemas and queue groups, checked where they enter."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

#: Schemas that a warehouse has for itself, and that of `cwpipe warehouse union`, whose readers see
#: all tenants; a tenant of that name would write into them.
_RESERVED_SCHEMAS = frozenset(
    {"public", "information_schema", "main", "temp", "system", "admin", "catalog_history"}
    | {"reporting"}
)

TENANT_ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
NAME_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
RUN_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
JOB_ID_PATTERN = r"^[a-z0-9-]{1,32}$"
#: Most names that an error lists.
_LISTED = 12


def _not_reserved(tenant_id: str) -> str:
    if tenant_id in _RESERVED_SCHEMAS or tenant_id.startswith("pg_"):
        raise ValueError(
            f"tenant id {tenant_id!r} is the name of a schema the warehouse keeps for itself; "
            "choose another"
        )
    return tenant_id


#: Lower-case letters, digits, `_` and `-`; it becomes an S3 prefix and a warehouse schema.
TenantId = Annotated[
    str, StringConstraints(pattern=TENANT_ID_PATTERN), AfterValidator(_not_reserved)
]
#: A ConnectWise path in snake case: `service/tickets` -> `service_tickets`.
TableId = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
#: A canonical table, a plural noun: `tickets`.
CanonicalTable = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]

#: A run: sorts by the time it was opened, and is part of S3 keys.
RunId = Annotated[str, StringConstraints(pattern=RUN_ID_PATTERN)]
#: A job of a run, `w003-p00012` or `survey`; part of S3 keys.
JobId = Annotated[str, StringConstraints(pattern=JOB_ID_PATTERN)]


def check_tenant_id(text: str) -> str:
    """Return `text` if it is a tenant id; `ValueError` with the rule otherwise."""
    if not re.fullmatch(TENANT_ID_PATTERN, text):
        raise ValueError(
            f"{text!r} is not a tenant id: it takes 1 to 63 lower-case letters, digits, '_' or "
            "'-', and starts with a letter or digit, because it names an S3 prefix and a "
            "warehouse schema"
        )
    return _not_reserved(text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """For the end of an error about an unknown `name`: what may be meant, or the few there are."""
    names = list(known)
    if near := get_close_matches(name, names, n=1):
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(names)}" if len(names) <= _LISTED else ""


def table_id(path: str) -> str:
    """The table id of a ConnectWise path: `/time/workTypes` -> `time_work_types`.

    The parent's id in a nested path is no part of it: `/service/tickets/{id}/notes` is
    `service_tickets_notes`.
    """
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", path.replace("{id}", "").strip("/"))
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
