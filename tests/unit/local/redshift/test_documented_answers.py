"""What a user of a report would see: a statement, Redshift's documented answer, and where it is.

`source` is the page of the Amazon Redshift Database Developer Guide (docs.aws.amazon.com/redshift/
latest/dg/<source>.html) that gives the example or the rule. DuckDB says something else, and says it
without an error, wherever there is no other remark.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.numbers import Decimal, added, divided, multiplied
from tests.unit.local.redshift.runner import Sql

COMPUTATIONS = "r_numeric_computations201"
BLANKS = "r_Character_types"
PARTS = "r_Dateparts_for_datetime_functions"


@pytest.fixture
def sales(sql: Sql) -> Sql:
    """Rows of the guide's own sample table, and some more columns."""
    sql(
        "CREATE TABLE sales (salesid INT, qtysold SMALLINT, pricepaid DECIMAL(8,2), "
        "commission DECIMAL(8,2), big BIGINT, r REAL, f FLOAT, name VARCHAR(20), "
        "saletime TIMESTAMP, caldate DATE)"
    )
    sql(
        "INSERT INTO sales VALUES "
        "(1, 4, 728.00, 109.20, 7, 1.5, 2.5, 'cat', '2008-02-18 02:36:48', '2008-02-18'), "
        "(2, 2, 76.00, 11.40, 2, 0.5, 0.25, 'cat  ', '2008-06-06 05:00:16', '2008-06-06'), "
        "(3, 3, 350.00, 52.50, NULL, NULL, NULL, '', NULL, NULL)"
    )
    return sql


@pytest.mark.parametrize(
    ("expression", "kind", "source"),
    [
        ("pricepaid / commission", "numeric(17,9)", COMPUTATIONS),
        ("commission * qtysold", "numeric(14,2)", COMPUTATIONS),
        ("pricepaid / qtysold", "numeric(14,8)", "r_SELECT_synopsis"),
        ("pricepaid + commission", "numeric(9,2)", COMPUTATIONS),
        ("pricepaid - salesid", "numeric(13,2)", COMPUTATIONS),
        ("pricepaid * big", "numeric(28,2)", COMPUTATIONS),
        ("qtysold * qtysold", "int2", COMPUTATIONS),
        ("qtysold + salesid", "int4", COMPUTATIONS),
        ("qtysold + 1", "int4", COMPUTATIONS),
        ("salesid * big", "int8", COMPUTATIONS),
        ("r * r", "float4", COMPUTATIONS),
        ("r * salesid", "float8", COMPUTATIONS),
        ("pricepaid * r", "float8", COMPUTATIONS),
        ("pricepaid / f", "float8", COMPUTATIONS),
        ("SUM(salesid)", "int8", "r_SUM"),
        ("SUM(big)", "int8", "r_SUM"),
        ("SUM(pricepaid)", "numeric(38,2)", "r_SUM"),
        ("AVG(qtysold)", "int8", "r_AVG"),
        ("AVG(pricepaid)", "numeric(38,2)", "r_AVG"),
        ("AVG(r)", "float8", "r_AVG"),
        ("SUM(pricepaid) / COUNT(*)", "numeric(38,4)", COMPUTATIONS),
        ("EXTRACT(year FROM saletime)", "int4", "r_EXTRACT_function"),
        ("LEN(name)", "int4", "r_LEN"),
        ("DATEDIFF(day, saletime, saletime)", "int8", "r_DATEDIFF_function"),
        ("TRUNC(saletime)", "date", "r_TRUNC_date"),
        ("TO_TIMESTAMP(name, 'YYYY')", "timestamptz", "r_TO_TIMESTAMP"),
    ],
)
def test_types(sales: Sql, expression: str, kind: str, source: str) -> None:
    group = "" if expression[:3] in {"SUM", "AVG"} else " WHERE salesid < 0"
    ((_, wire, scale),) = sales.types(f"SELECT {expression} FROM sales{group}")
    assert wire + (scale or "") == kind, source


@pytest.mark.parametrize(
    ("query", "answer", "source"),
    [
        ("MIN(pricepaid / qtysold) FROM sales", "38.00000000", "r_MIN"),
        ("commission / pricepaid FROM sales WHERE salesid = 1", "0.150000000", COMPUTATIONS),
        ("AVG(qtysold) FROM sales", 3, "r_AVG"),
        ("AVG(pricepaid) FROM sales", "384.66", "r_AVG"),
        ("AVG(pricepaid) OVER (PARTITION BY 1) FROM sales LIMIT 1", "384.66", "r_AVG"),
        ("SUM(pricepaid) / SUM(qtysold) FROM sales", "128.2222", COMPUTATIONS),
        ("SUM(qtysold) / 2 FROM sales", 4, COMPUTATIONS),
        ("7 / 2", 3, COMPUTATIONS),
        ("-7 / 2", -3, COMPUTATIONS),
        ("MEDIAN(qtysold) FROM sales", "3.0", "r_MEDIAN"),
        ("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY qtysold) FROM sales", "3.0", "r_MEDIAN"),
        # Of a value from a table, an explicit cast cuts; an assignment and a literal round.
        ("(pricepaid / 3)::DECIMAL(10,1) FROM sales WHERE salesid = 1", "242.6",
         "r_Numeric_types201"),
        ("(commission * 1.0)::INT FROM sales WHERE salesid = 3", 52, "c_Supported_data_types"),
        ("1.555::DECIMAL(4,2)", "1.56", "r_Numeric_types201"),
        ("ROUND(28.05)", "28", "r_ROUND"),
        ("ROUND(28.05, 1)", "28.1", "r_ROUND"),
        ("ROUND(28.05, -1)", "30", "r_ROUND"),
        ("TRUNC(111.15)", "111", "r_TRUNC"),
        ("TRUNC(111.15, 1)", "111.1", "r_TRUNC"),
        ("TRUNC(111.15, -1)", "110", "r_TRUNC"),
        ("' 12 '::INT", 12, "c_Supported_data_types"),
        ("'5.9'::DECIMAL(3,1)", "5.9", "c_Supported_data_types"),
        # Strings
        ("CONCAT('December 25, ', '2008')", "December 25, 2008", "r_CONCAT"),
        ("CONCAT('a', NULL)", None, "r_CONCAT"),
        ("'a' || NULL", None, "r_CONCAT"),
        ("SUBSTRING('caterpillar', 6, 4)", "pill", "r_SUBSTRING"),
        ("SUBSTRING('caterpillar', 6, 8)", "pillar", "r_SUBSTRING"),
        ("SUBSTRING('caterpillar', -2, 6)", "cat", "r_SUBSTRING"),
        ("SUBSTRING('caterpillar', -5, 4)", "", "r_SUBSTRING"),
        ("SUBSTRING('caterpillar' FROM 6 FOR 4)", "pill", "r_SUBSTRING"),
        ("LEN('français')", 8, "r_LEN"),
        ("OCTET_LENGTH('français')", 9, "r_LEN"),
        ("LEN('cat   ')", 6, "r_LEN"),
        ("'a' = 'a  '", True, BLANKS),
        ("COUNT(*) FROM sales WHERE name = 'cat'", 2, BLANKS),
        ("COUNT(*) FROM sales WHERE name <> 'cat '", 1, BLANKS),
        ("COUNT(*) FROM sales WHERE name IN ('cat', 'dog')", 2, BLANKS),
        ("COUNT(*) FROM sales WHERE name >= 'cat     '", 2, BLANKS),
        ("COUNT(*) FROM sales AS a JOIN sales AS b ON a.name = b.name", 5, BLANKS),
        ("SUM(CASE name WHEN 'cat' THEN 1 ELSE 0 END) FROM sales", 2, BLANKS),
        (r"'x_y' LIKE '%\\_y'", True, "r_patternmatching_condition_like"),
        (r"'xay' LIKE '%\\_y'", False, "r_patternmatching_condition_like"),
        ("'ABC' ILIKE 'a%'", True, "r_patternmatching_condition_like"),
        ("LISTAGG(salesid) WITHIN GROUP (ORDER BY salesid DESC) FROM sales", "321", "r_LISTAGG"),
        ("LISTAGG(salesid, ', ') WITHIN GROUP (ORDER BY salesid) FROM sales", "1, 2, 3",
         "r_LISTAGG"),
        ("LISTAGG(name, '|') WITHIN GROUP (ORDER BY salesid) FROM sales", "cat|cat  ", "r_LISTAGG"),
        ("LISTAGG(DISTINCT qtysold, ',') WITHIN GROUP (ORDER BY qtysold) FROM sales", "2,3,4",
         "r_LISTAGG"),
        ("REGEXP_COUNT('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}')", 8, "REGEXP_COUNT"),
        ("REGEXP_INSTR('Cum@accumsan.com', '@[^.]*')", 4, "REGEXP_INSTR"),
        ("REGEXP_SUBSTR('sed@lacusUtnec.ca', '@[^.]*')", "@lacusUtnec", "REGEXP_SUBSTR"),
        ("GREATEST(NULL, 3, 2)", 3, "r_GREATEST_LEAST"),
        ("DECODE(NULL, NULL, 'same', 'other')", "same", "r_DECODE_expression"),
        # Dates and times
        ("DATEDIFF(week, '2009-01-01', '2009-12-31')", 52, "r_DATEDIFF_function"),
        ("DATEDIFF(year, '2008-12-31', '2009-01-01')", 1, "r_DATEDIFF_function"),
        ("DATEDIFF(hour, '2009-01-01 8:30:00', '2009-01-01 10:00:00')", 2, "r_DATEDIFF_function"),
        ("DATEADD(month, 18, '2008-02-28')", "2009-08-28 00:00:00", "r_DATEADD_function"),
        ("DATEADD(m, 30, '2008-02-28')", "2008-02-28 00:30:00", "r_DATEADD_function"),
        ("DATEADD(month, 1, '2008-04-30')", "2008-05-30 00:00:00", "r_DATEADD_function"),
        ("ADD_MONTHS('2008-04-30', 1)", "2008-05-31 00:00:00", "r_DATEADD_function"),
        ("DATEADD(month, 12, '2016-02-29')", "2017-02-28 00:00:00", "r_DATEADD_function"),
        ("DATEADD(year, 1, '2016-02-29')", "2017-03-01 00:00:00", "r_DATEADD_function"),
        ("MONTHS_BETWEEN('1969-01-18', '1969-03-18')", -2.0, "r_MONTHS_BETWEEN_function"),
        ("NEXT_DAY('2014-08-20', 'Tuesday')", "2014-08-26", "r_NEXT_DAY"),
        ("TRUNC('2008-01-25 10:32:38'::TIMESTAMP)", "2008-01-25", "r_TRUNC_date"),
        ("EXTRACT(ms FROM '2009-09-09 12:08:43.101'::TIMESTAMP)", 101, "r_EXTRACT_function"),
        ("EXTRACT(sec FROM '2009-09-21 11:10:03.189717'::TIMESTAMP)", 3, PARTS),
        ("DATE_PART(sec, '2009-09-21 11:10:03.189717'::TIMESTAMP)", 3.189717, PARTS),
        ("EXTRACT(century FROM '2000-12-16 12:21:13'::TIMESTAMP)", 20, PARTS),
        ("EXTRACT(decade FROM '1999-02-16 20:38:40'::TIMESTAMP)", 200, PARTS),
        ("EXTRACT(decade FROM '2000-02-16 20:38:40'::TIMESTAMP)", 201, PARTS),
        ("EXTRACT(dow FROM '2026-11-29'::DATE)", 0, PARTS),
        ("DATE_TRUNC('week', '2026-11-29'::TIMESTAMP)", "2026-11-23 00:00:00", "r_DATE_TRUNC"),
        ("TO_CHAR('2009-12-31 23:15:59'::TIMESTAMP, 'MONTH-DY-DD-YYYY HH12:MIPM')",
         "DECEMBER -THU-31-2009 11:15PM", "r_TO_CHAR"),
        ("TO_CHAR('2009-12-31 23:15:59'::TIMESTAMP, 'DDD')", "365", "r_TO_CHAR"),
        ("TO_CHAR('2022-05-16 23:15:59'::TIMESTAMP, 'ID')", "1", "r_TO_CHAR"),
        ("TO_CHAR('2008-01-25 14:30:00'::TIMESTAMP, 'MON-DD-YYYY HH12:MIPM')",
         "JAN-25-2008 02:30PM", "r_TO_CHAR"),
        ("TO_CHAR('2009-12-31 23:15:59'::TIMESTAMP, 'HH24:MI:SS')", "23:15:59", "r_TO_CHAR"),
        ("TO_CHAR('2008-02-18'::DATE, 'CC')", "21", "r_TO_CHAR"),
        ("TO_DATE('02 Oct 2001', 'DD Mon YYYY')", "2001-10-02", "r_TO_DATE_function"),
        ("TO_TIMESTAMP('2011-12-18 05:30:00', 'YYYY-MM-DD HH24:MI:SS')",
         "2011-12-18 05:30:00+00", "r_TO_TIMESTAMP"),
        # NULLs are higher than all other values.
        ("big FROM sales ORDER BY big DESC LIMIT 1", None, "r_ORDER_BY_clause"),
        ("big FROM sales ORDER BY big LIMIT 1", 2, "r_ORDER_BY_clause"),
        ("big FROM sales ORDER BY big DESC NULLS LAST LIMIT 1", 7, "r_ORDER_BY_clause"),
    ],
)  # fmt: skip
def test_answers(sales: Sql, query: str, answer: Any, source: str) -> None:
    assert sales(f"SELECT {query}")[0][0] == answer, source


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("'1.9'::INT", 'invalid input syntax for integer: "1.9"'),
        ("CONCAT('a', 'b', 'c')", "takes two arguments"),
        ("SUBSTRING('abc', 1, -1)", "negative substring length"),
        ("LEFT('abc', -1)", "LEFT takes no negative number"),
        ("SPLIT_PART('a-b', '-', -1)", "takes no negative number"),
        ("TO_CHAR(-125.8, '999D99S')", "a format with '999D99S' is not supported"),
        ("TO_CHAR(GETDATE(), 'J')", "a format with 'J' is not supported"),
        ("TO_CHAR(GETDATE(), name) FROM sales", "TO_CHAR without a literal format"),
        ("TO_NUMBER('12,454.8-', '99G999D9S')", r"to_number\(\) is not supported"),
        ("REGEXP_SUBSTR('the fox', 'FOX', 1, 1, 'i')", "REGEXP_SUBSTR with a position"),
        ("REGEXP_COUNT('the fox', 'FOX', 1, 'i')", "REGEXP_COUNT with a position"),
        ("REGEXP_REPLACE('the fox', 'FOX', 'x', 1, 'i')", "REGEXP_REPLACE with a position"),
        ("pricepaid / (commission - commission) FROM sales", "Divide by zero"),
        ("9999999999999999999::DECIMAL(38,2) * 9999999999999999999::DECIMAL(38,2)",
         "Numeric data overflow"),
        ("salesid + 2147483647 FROM sales", r"Integer data overflow \(addition\)"),
        ("SUM(9223372036854775807) FROM sales", "Value out of range for 8 bytes"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused(sales: Sql, query: str, words: str) -> None:
    with pytest.raises(SqlError, match=words):
        sales(f"SELECT {query}")


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT q * 2 FROM (SELECT pricepaid / 3 AS q FROM sales) AS x ORDER BY 1 LIMIT 1",
         [("50.6666666666666",)]),
        (("WITH x AS (SELECT commission / 7 AS q FROM sales) SELECT MAX(q) FROM x WHERE q < "
         "(SELECT AVG(commission) / 2 FROM sales)"), [("15.6000000000000",)]),
        (("SELECT a.salesid FROM sales AS a JOIN sales AS b ON a.pricepaid / 2 = b.pricepaid / 2 "
         "WHERE a.commission / a.pricepaid > 0.1 ORDER BY 1"), [(1,), (2,), (3,)]),
        (("SELECT qtysold / 2, SUM(pricepaid / 2) FROM sales GROUP BY qtysold / 2 "
         "HAVING SUM(pricepaid / 2) > 100 ORDER BY 1"),
         [(1, "213.0000000000000"), (2, "364.0000000000000")]),
        ("SELECT ROUND(100.0 * qtysold / SUM(qtysold) OVER (), 1) FROM sales ORDER BY salesid",
         [("44.4",), ("22.2",), ("33.3",)]),
    ],
)  # fmt: skip
def test_types_are_known_in_every_scope(sales: Sql, query: str, rows: list[Any]) -> None:
    assert sales(query) == rows


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT RTRIM(name), COUNT(*) FROM sales GROUP BY name ORDER BY name",
         [("", 1), ("cat", 2)]),
        ("SELECT COUNT(*) FROM sales GROUP BY 'x' || name ORDER BY 1", [(1,), (2,)]),
        ("SELECT RTRIM(s.name) || '.', SUM(qtysold) AS n FROM sales AS s GROUP BY name ORDER BY n",
         [(".", 3), ("cat.", 6)]),
        ("SELECT TRIM(name), COUNT(*) FROM sales GROUP BY 1 HAVING COUNT(*) > 1", [("cat", 2)]),
        ("SELECT LEN(name) < 9, COUNT(*) OVER () FROM sales GROUP BY name", [(True, 2)] * 2),
        ("SELECT MAX(name) OVER (PARTITION BY name || '') = name FROM sales GROUP BY name",
         [(True,)] * 2),
        ("SELECT UPPER(RTRIM(name)) AS name, COUNT(*) FROM sales GROUP BY sales.name ORDER BY 2",
         [("", 1), ("CAT", 2)]),
        ("SELECT COUNT(*) FROM (SELECT DISTINCT name FROM sales)", [(2,)]),
        ("SELECT COUNT(*) FROM (SELECT DISTINCT * FROM (SELECT name, 1 FROM sales))", [(2,)]),
        ("SELECT COUNT(DISTINCT name), COUNT(DISTINCT salesid) FROM sales", [(2, 3)]),
        (("SELECT salesid, ROW_NUMBER() OVER (PARTITION BY name ORDER BY salesid) FROM sales "
         "ORDER BY 1"), [(1, 1), (2, 2), (3, 1)]),
    ],
)  # fmt: skip
def test_blanks_at_the_end_make_no_other_group(sales: Sql, query: str, rows: list[Any]) -> None:
    assert sales(query) == rows, BLANKS


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT LEN(name) AS long, COUNT(*) FROM sales GROUP BY long ORDER BY 1",
         [(0, 1), (3, 1), (5, 1)]),
        (("SELECT name, salesid, COUNT(*) FROM sales GROUP BY ROLLUP(name, salesid) "
         "ORDER BY 3 DESC LIMIT 1"), [(None, None, 3)]),
        (("SELECT qtysold, (SELECT COUNT(*) FROM sales AS b WHERE b.qtysold = a.qtysold) "
         "FROM sales AS a GROUP BY qtysold ORDER BY 1"), [(2, 1), (3, 1), (4, 1)]),
        ("SELECT qtysold + 1, caldate FROM sales GROUP BY qtysold + 1, caldate ORDER BY 1",
         [(3, "2008-06-06"), (4, None), (5, "2008-02-18")]),
        ("SELECT AVG(pricepaid) / 2 FROM sales GROUP BY big IS NULL ORDER BY 1",
         [("175.0000",), ("201.0000",)]),
    ],
)  # fmt: skip
def test_other_groups_are_as_they_were(sales: Sql, query: str, rows: list[Any]) -> None:
    assert sales(query) == rows


def test_writes_and_views_compute_alike(sales: Sql) -> None:
    sales("CREATE VIEW rates AS SELECT salesid, commission / pricepaid AS rate FROM sales")
    assert sales("SELECT rate FROM rates WHERE salesid = 1") == [("0.150000000",)]
    sales("DROP VIEW rates")
    # 728.00 / 3 is 242.66666..., which an assignment rounds.
    assert sales("UPDATE sales SET pricepaid = pricepaid / 3 WHERE pricepaid / 3 > 200") == 1
    assert sales("SELECT pricepaid FROM sales WHERE salesid = 1") == [("242.67",)]
    assert sales("DELETE FROM sales WHERE pricepaid / qtysold < 40") == 1
    sales("INSERT INTO sales (salesid, pricepaid) SELECT 9, AVG(pricepaid) / 3 FROM sales")
    assert sales("SELECT pricepaid FROM sales WHERE salesid = 9") == [("98.78",)]


def test_a_question_of_types_disturbs_no_transaction(sales: Sql) -> None:
    sales.session.begin()
    assert sales("DELETE FROM sales WHERE pricepaid / commission > 1") == 3
    assert sales("SELECT COUNT(*) FROM sales WHERE pricepaid / 2 > 1") == [(0,)]
    sales.session.rollback()
    assert sales("SELECT COUNT(*) FROM sales") == [(3,)]


DECIMALS = st.integers(1, 38).flatmap(
    lambda precision: st.builds(Decimal, st.just(precision), st.integers(0, precision))
)


@given(DECIMALS, DECIMALS)
def test_results_of_decimals_are_decimals(a: Decimal, b: Decimal) -> None:
    for result in (added(a, b), divided(a, b)):
        assert 1 <= result.precision <= 38
        assert result.scale <= 38
    if a.scale + b.scale <= 38:
        assert multiplied(a, b).scale == a.scale + b.scale


def test_precision_and_scale_are_the_guides() -> None:
    # The guide's example, and that of a quotient which is too long.
    assert divided(Decimal(8, 2), Decimal(8, 2)) == Decimal(17, 9)
    assert divided(Decimal(19, 0), Decimal(19, 0)) == Decimal(38, 19)
    assert divided(Decimal(19, 2), Decimal(38, 19)) == Decimal(38, 4)
    assert multiplied(Decimal(19, 2), Decimal(38, 19)) == Decimal(38, 21)
