"""What the warehouse says of its own statements and of loads that failed."""

import pyarrow as pa

from tests.integration.redshift.servers import Api
from tests.unit.local.redshift.fakes import FakeObjects, copy


def test_the_history_of_queries(api: Api) -> None:
    api.run("CREATE TABLE t (n INT)")
    api.run("CREATE TABLE u AS SELECT 1 AS n")
    api.batch("INSERT INTO t VALUES (1), (2)", "SELECT n FROM t")
    api.run("SELECT 1/0")
    rows = api.rows(
        "SELECT query_type, status, TRIM(query_text), returned_rows, TRIM(error_message) "
        "FROM sys_query_history WHERE query_type <> 'OTHER' ORDER BY query_id"
    )
    assert rows[:-1] == [
        ("DDL", "success", "CREATE TABLE t (n INT)", 0, ""),
        ("CTAS", "success", "CREATE TABLE u AS SELECT 1 AS n", 0, ""),
        ("INSERT", "success", "INSERT INTO t VALUES (1), (2)", 0, ""),
        ("SELECT", "success", "SELECT n FROM t", 2, ""),
        ("SELECT", "failed", "SELECT 1/0", 0, "Divide by zero"),
    ]
    assert rows[-1][:2] == ("SELECT", "running")
    described = api.run("SELECT COUNT(DISTINCT transaction_id) FROM sys_query_history")
    assert api.result(described["Id"]) == [(6,)]
    recent = (
        "SELECT COUNT(*) FROM sys_query_history WHERE start_time > DATEADD(hour, -1, GETDATE())"
    )
    assert api.rows(recent) == [(8,)]


def test_the_details_of_failed_loads(api: Api, objects: FakeObjects) -> None:
    api.run("CREATE TABLE t (n BIGINT, name VARCHAR(4))")
    entry = objects.put_parquet("long.parquet", pa.table({"n": [1], "name": ["too long"]}))
    failed = api.run(copy("t", objects.put_manifest("m.json", [entry])))
    api.run(copy("nope", objects.put_manifest("m.json", [entry])))
    assert failed["Status"] == "FAILED"
    query_id = failed["RedshiftQueryId"]
    assert api.rows(
        "SELECT TRIM(file_name), TRIM(column_name), column_length, error_code, line_number "
        f"FROM sys_load_error_detail WHERE query_id = {query_id}"
    ) == [("s3://lake/long.parquet", "name", "4", 15_007, 0)]
    older = api.rows("SELECT query, err_reason, filename FROM stl_load_errors ORDER BY query")
    assert older[0][0] == query_id
    assert "is longer than the length defined" in older[0][1]
    assert older[1][1:] == ('relation "nope" does not exist', None)


def test_nothing_has_happened_yet(api: Api) -> None:
    assert api.rows("SELECT * FROM stl_load_errors") == []
    joined = (
        "SELECT COUNT(*) FROM sys_load_error_detail AS d "
        "JOIN SYS_QUERY_HISTORY AS h ON d.query_id = h.query_id"
    )
    assert api.rows(joined) == [(0,)]
