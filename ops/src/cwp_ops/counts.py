"""Row counts of a tenant's warehouse tables."""

from cwp_ops.warehouse import Warehouse, quoted


def current_rows(warehouse: Warehouse, tenant_id: str) -> dict[str, int]:
    """Current rows (not deleted) of each canonical table that the tenant has."""
    return {name: _count(warehouse, tenant_id, name) for name in tables_of(warehouse, tenant_id)}


def tables_of(warehouse: Warehouse, tenant_id: str) -> tuple[str, ...]:
    """The tenant's canonical tables: those that the ledger knows."""
    if not warehouse.has_table(tenant_id, "load_ledger"):
        return ()
    ledger = quoted(tenant_id, "load_ledger")
    found = warehouse.query(f"SELECT DISTINCT table_name FROM {ledger} ORDER BY table_name")  # noqa: S608 - quoted
    return tuple(str(row[0]) for row in found.rows)


def loaded_sequences(warehouse: Warehouse, tenant_id: str) -> dict[str, int]:
    """How far each canonical table is loaded, as the ledger vouches for it."""
    if not warehouse.has_table(tenant_id, "load_ledger"):
        return {}
    ledger = quoted(tenant_id, "load_ledger")
    found = warehouse.query(
        f"SELECT table_name, MAX(last_sequence) FROM {ledger} GROUP BY table_name"  # noqa: S608 - quoted
    )
    return {str(name): int(sequence) for name, sequence in found.rows}


def _count(warehouse: Warehouse, tenant_id: str, table: str) -> int:
    name = quoted(tenant_id, table)
    answer = warehouse.query(f"SELECT count(*) FROM {name} WHERE is_current")  # noqa: S608 - quoted
    return int(answer.rows[0][0])
