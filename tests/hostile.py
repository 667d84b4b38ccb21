"""Inputs that try to get out of a tenant, for every tier: paths, SQL, look-alikes, lengths."""

#: None of these is a tenant id.
HOSTILE_TENANTS = (
    "",
    ".",
    "..",
    "../rival",
    "acme/../rival",
    "acme/",
    "/rival",
    "%2e%2e%2frival",
    "acme%2frival",
    "acme\\rival",
    "acme\0",
    "acme\nrival",
    "acme\n",
    " acme",
    "acme ",
    "ACME",
    "\u0430cme",  # Cyrillic a
    "acme\u2044rival",  # fraction slash
    "acme\uff0frival",  # full-width solidus
    "acme\u200b",
    "\u0661cme",  # an Arabic digit
    "acme\u202e",  # right to left from here on
    "\ufeffacme",
    "\u212aacme",  # the Kelvin sign, a K to some
    "acme\r\nx-amz-acl: public-read",
    "acme?versionId=1",
    "acme..",
    "-acme",
    "${sls:stage}",
    "acme#service_tickets",
    "acme|rival",
    "acme*",
    'acme"; DROP SCHEMA "rival" CASCADE; --',
    "acme'; --",
    "public",
    "pg_catalog",
    "reporting",
    "_unknown",
    "a" * 64,
    "a" * 100_000,
)

#: None of these is the name of a table, of a run, of a job or of a column.
HOSTILE_NAMES = (
    "",
    "..",
    "../../rival",
    "tickets/../x",
    "%2e%2e",
    "tickets\0",
    "tickets\n",
    "tickets ",
    "tick\u0435ts",
    'tickets"; DROP TABLE x; --',
    "tickets'--",
    "tickets;",
    "tickets\\",
    "t" * 65,
)


def foreign_keys(key: str, tenant_id: str) -> list[str]:
    """Keys that somebody might put in the place of `key` to be led out of the tenant."""
    rest = key.removeprefix(f"{tenant_id}/")
    return [
        f"rival/{rest}",
        f"{tenant_id}-2/{rest}",
        f"{tenant_id.upper()}/{rest}",
        f"/{tenant_id}/{rest}",
        f"{tenant_id}//{rest}",
        f"{tenant_id}/../rival/{rest}",
        f"{tenant_id}/./{rest}",
        f"{tenant_id}/{rest}/..",
        f"../{tenant_id}/{rest}",
        f"{tenant_id}\\..\\rival/{rest}",
        f"{tenant_id}%2f..%2frival/{rest}",
        f"s3://lake/{tenant_id}/{rest}",
        f"{tenant_id}/{rest}\n",
        f"{tenant_id}/\0{rest}",
        f"{tenant_id}/{rest}\r\nx-amz-copy-source: rival/{rest}",
        f"{tenant_id}/\u202e{rest}",
        f"{tenant_id}/\u2024\u2024/{rest}",  # one dot leaders
        f"\u0430{tenant_id[1:]}/{rest}",
        tenant_id,
        "",
    ]
