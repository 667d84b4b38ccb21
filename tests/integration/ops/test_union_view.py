"""A view over tenants, on the running stand-in, of tables that the loader's own SQL makes."""

from collections.abc import Iterable, Iterator

import pytest

from cwp_loader import schema_sql
from cwp_loader.layout import Shape
from cwp_loader.table import TableRef
from cwp_local.redshift.server import Parts
from cwp_ops.union_view import columns_of, make, view_sql
from cwp_ops.warehouse import Warehouse
from cwp_shared.events import CanonicalColumn
from tests.integration.redshift.servers import Api, serving
from tests.unit.local.redshift.fakes import FakeAnnouncer, FakeObjects

OLD = (
    ("tenant_id", "varchar(63)"),
    ("ticket_id", "bigint"),
    ("summary", "varchar(100)"),
    ("effective_from", "timestamp"),
    ("is_current", "boolean"),
)
NEW = (*OLD[:2], ("summary", "varchar(250)"), *OLD[3:], ("fields", "super"))


def shape(columns: Iterable[tuple[str, str]]) -> Shape:
    found = (CanonicalColumn.model_validate({"name": n, "type": t}) for n, t in columns)
    return Shape(tuple(found), ("ticket_id",))


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with serving(None, Parts(FakeObjects(), FakeAnnouncer())) as endpoint:
        made = Api(endpoint)
        for tenant_id, columns in (("acme", OLD), ("be-ta", NEW)):
            table = TableRef(tenant_id, "tickets")
            for batch in (
                schema_sql.prepare(table, 0),
                schema_sql.shape(table, Shape((), ()), shape(columns), "0" * 32, 0),
            ):
                ended = made.batch(*batch)
                assert ended["Status"] == "FINISHED", ended
        made.run("""INSERT INTO "acme"."tickets" VALUES ('acme', 1, 'a', '2026-01-01', true)""")
        made.run(
            """INSERT INTO "be-ta"."tickets" """
            """VALUES ('be-ta', 2, 'b', '2026-01-01', true, JSON_PARSE('[1]'))"""
        )
        yield made


def test_rows_of_all_tenants_are_in_the_view_and_loads_are_not_held_up(api: Api) -> None:
    warehouse = Warehouse(api.client, "local", "dev")
    columns = {name: columns_of(warehouse, name, "tickets") for name in ("acme", "be-ta")}
    assert columns == {"acme": OLD, "be-ta": NEW}
    sql = view_sql("reporting", "tickets", columns)
    make(warehouse, "reporting", "tickets", sql)
    make(warehouse, "reporting", "tickets", sql)
    found = warehouse.query(
        "SELECT tenant_id, ticket_id, summary, fields FROM reporting.tickets ORDER BY ticket_id"
    )
    assert found.rows == [("acme", 1, "a", None), ("be-ta", 2, "b", "[1]")]
    # The loader makes room for longer texts: a bound view would not let it.
    batch = schema_sql.widen(TableRef("acme", "tickets"), shape(OLD), shape(NEW[:-1]))
    ended = api.batch(*batch, ExecutionMode="AUTO_COMMIT")
    assert (len(batch), ended["Status"]) == (3, "FINISHED"), ended


def test_a_tenant_without_the_table_or_without_any_has_no_columns(api: Api) -> None:
    warehouse = Warehouse(api.client, "local", "dev")
    assert columns_of(warehouse, "acme", "invoices") == ()
    assert columns_of(warehouse, "gamma", "tickets") == ()
