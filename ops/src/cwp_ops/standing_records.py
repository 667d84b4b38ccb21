"""What the services keep of many tables, read in few requests.

LastUpdated is read page by page; it names each table's newest runs, so their headers, and the heads
of loads, are read a hundred at once. Only what it does not name is looked for table by table: runs
that an older scheduler opened, and those that were refused before they were opened.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cwp_ops.paging import Item
from cwp_ops.stores import Pair, Stores

#: Of a table's tenant, by name: LastUpdated.
Standings = Mapping[str, Mapping[str, Item]]


@dataclass(frozen=True)
class Records:
    """Items of the services' tables.

    Attributes:
        standings: of LastUpdated, by tenant and table.
        runs: the newest run that brings rows, by tenant and table.
        sweeps: the newest run that sweeps ids, by tenant and table.
        heads: where loads stand, by tenant and canonical table.
    """

    standings: Standings
    runs: Mapping[Pair, Item]
    sweeps: Mapping[Pair, Item]
    heads: Mapping[Pair, Item]


def read_records(
    stores: Stores,
    tables: Mapping[str, Sequence[str]],
    canonical_tables: Mapping[str, tuple[str, ...]],
) -> Records:
    """Read what is kept of the tables of some tenants.

    Args:
        stores: the stage's.
        tables: source tables by tenant.
        canonical_tables: those made of a source table; the first one is looked at.
    """
    pairs = [(tenant_id, table) for tenant_id, names in tables.items() for table in names]
    standings = _standings(stores, list(tables))
    heads = {
        (tenant_id, canonical)
        for tenant_id, table in pairs
        for canonical in canonical_tables.get(table, ())[:1]
    }
    return Records(
        standings=standings,
        runs=_newest(stores, pairs, standings, sweep=False),
        sweeps=_newest(stores, pairs, standings, sweep=True),
        heads=stores.load_heads(sorted(heads)),
    )


def _standings(stores: Stores, tenant_ids: Sequence[str]) -> Standings:
    if len(tenant_ids) > 1:
        return stores.all_watermarks()
    return {tenant_id: stores.watermarks_of(tenant_id) for tenant_id in tenant_ids}


def _newest(
    stores: Stores, pairs: Iterable[Pair], standings: Standings, *, sweep: bool
) -> dict[Pair, Item]:
    known = {pair: standings.get(pair[0], {}).get(pair[1], {}) for pair in pairs}
    last, opened = ("last_sweep", "sweep_attempted_at") if sweep else ("last_run", "attempted_at")
    named = {pair: str(item[last]) for pair, item in known.items() if last in item}
    headers = stores.headers(named, sweep=sweep)
    newest = {p: header for p, header in headers.items() if _is_of(header, known[p].get(opened))}
    for pair, item in known.items():
        if pair in newest or (sweep and _was_never_swept(item)):
            continue
        if found := stores.newest_runs(*pair, 1, sweep=sweep):
            newest[pair] = found[0]
    return newest


def _is_of(header: Item, attempted_at: str | None) -> bool:
    """Whether a header is that of the last attempt: a refused run is an attempt, too."""
    if attempted_at is None:
        return False
    return datetime.fromisoformat(header["opened_at"]) == datetime.fromisoformat(attempted_at)


def _was_never_swept(standing: Item) -> bool:
    """Whether runs were opened, and none of them to sweep."""
    return "started_at" in standing and not {"sweep_attempted_at", "reconciled_at"} & {*standing}
