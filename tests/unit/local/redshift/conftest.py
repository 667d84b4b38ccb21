from collections.abc import Iterator

import pytest

from cwp_local.redshift.warehouse import Warehouse
from tests.unit.local.redshift.runner import Sql


@pytest.fixture(scope="package")
def warehouse() -> Iterator[Warehouse]:
    """One for all tests: making it costs more than most of them."""
    shared = Warehouse(None)
    yield shared
    shared.close()


@pytest.fixture
def sql(warehouse: Warehouse) -> Iterator[Sql]:
    """A session on an empty warehouse."""
    with warehouse.session("dev") as session:
        yield Sql(session)
    with warehouse.session("dev") as session:
        _empty(Sql(session))


def _empty(sql: Sql) -> None:
    for (schema,) in sql("SELECT schema_name FROM svv_all_schemas WHERE schema_name <> 'public'"):
        sql(f'DROP SCHEMA "{schema}" CASCADE')
    for table, kind in sql("SELECT table_name, table_type FROM svv_tables"):
        sql(f'DROP {"VIEW" if kind == "VIEW" else "TABLE"} public."{table}"')
