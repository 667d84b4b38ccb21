import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from cwp_local.redshift.errors import ApiError, SqlError
from cwp_local.redshift.sql import parse
from cwp_local.redshift.sql.parameters import bind, check, names_in
from tests.unit.local.redshift.runner import Sql

NAMES = st.text(string.ascii_lowercase + "_", min_size=1, max_size=8)


def test_names_are_found_where_they_are_parameters() -> None:
    text = "SELECT :a, x::int, ':no', \"a:b\" /* :no */ FROM t -- :no\n WHERE y = :b_1 AND z=:a"
    assert names_in(text) == {"a", "b_1"}


@given(NAMES)
def test_casts_strings_and_comments_have_no_parameters(name: str) -> None:
    assert names_in(f"SELECT x::{name}, ':{name}' -- :{name}") == frozenset()


def test_a_parameter_without_a_value_is_refused_at_once() -> None:
    with pytest.raises(ApiError, match="Cannot find parameter: b") as refused:
        check(["SELECT :a", "SELECT :b"], {"a": "1"})
    assert refused.value.code == "ValidationException"


def test_a_value_that_no_statement_uses_is_refused_at_once() -> None:
    with pytest.raises(ApiError, match=r"unused parameters.*\[c\]"):
        check(["SELECT :a"], {"a": "1", "c": "2"})


def test_each_statement_of_a_batch_may_use_some() -> None:
    check(["SELECT :a", "SELECT :b"], {"a": "1", "b": "2"})


@given(st.text(min_size=1))
def test_no_value_can_become_sql(value: str) -> None:
    tree = bind(parse.tree(parse.statement("SELECT :v AS v, 1 AS one")), {"v": value})
    assert isinstance(tree, exp.Select)
    literal, one = tree.selects
    assert literal.this.is_string
    assert literal.this.name == value
    assert one.sql() == "1 AS one"
    assert parse.tree(parse.statement(tree.sql(dialect="redshift"))) == tree


@pytest.mark.parametrize(
    "value",
    ["it's", 'a "quoted" one', "back\\slash\\", "new\nline", ":v", "é€𝄞", "'; DROP TABLE t"],
)
def test_a_value_arrives_as_it_is(sql: Sql, value: str) -> None:
    assert sql.value(":v", {"v": value}) == value


def test_values_take_the_type_of_their_place(sql: Sql) -> None:
    sql("CREATE TABLE t (n INT, d DATE, b BOOLEAN, x DECIMAL(5,2))")
    sql(
        "INSERT INTO t VALUES (:n, :d, :b, :x)", {"n": "7", "d": "2026-01-02", "b": "t", "x": "1.5"}
    )
    assert sql("SELECT * FROM t WHERE n = :n AND d < :d", {"n": "7", "d": "2026-02-01"}) == [
        (7, "2026-01-02", True, "1.50")
    ]
    assert sql("SELECT n + :more FROM t LIMIT :top", {"more": "1", "top": "1"}) == [(8,)]


@pytest.mark.parametrize("place", [":missing", "$1", "?"])
def test_a_place_without_a_value_fails(sql: Sql, place: str) -> None:
    with pytest.raises(SqlError, match="there is no parameter"):
        sql(f"SELECT {place}")
