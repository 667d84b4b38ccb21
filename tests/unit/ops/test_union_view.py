import pytest

from cwp_ops.errors import OperatorError
from cwp_ops.union_view import merged, view_sql

ACME = (("tenant_id", "varchar(63)"), ("ticket_id", "bigint"), ("summary", "varchar(100)"))
BETA = (*ACME[:2], ("summary", "varchar(250)"), ("custom_fields", "super"))


def test_columns_of_all_tenants_are_there_and_the_larger_text_counts() -> None:
    assert merged({"acme": ACME, "beta": BETA}) == BETA
    assert merged({"beta": BETA, "acme": ACME}) == BETA


@pytest.mark.parametrize(
    ("one", "other", "larger"),
    [
        ("decimal(18,4)", "decimal(20,4)", "decimal(20,4)"),
        ("bigint", "bigint", "bigint"),
        ("decimal(18,4)", "decimal(18,2)", None),
        ("bigint", "varchar(20)", None),
        ("varchar(20)", "decimal(20,2)", None),
    ],
)
def test_types_go_together_or_are_refused(one: str, other: str, larger: str | None) -> None:
    columns = {"acme": (("x", one),), "beta": (("x", other),)}
    if larger:
        assert merged(columns) == (("x", larger),)
    else:
        with pytest.raises(OperatorError, match=rf"column x is {other[:6]}.* at beta"):
            merged(columns)


def test_a_column_that_a_tenant_lacks_is_null_of_its_type() -> None:
    assert view_sql("reporting", "tickets", {"acme": ACME, "be-ta": BETA}) == (
        'CREATE VIEW "reporting"."tickets" AS\n'
        'SELECT "tenant_id", "ticket_id", "summary", CAST(NULL AS SUPER) AS "custom_fields"\n'
        'FROM "acme"."tickets"\n'
        "UNION ALL\n"
        'SELECT "tenant_id", "ticket_id", "summary", "custom_fields"\n'
        'FROM "be-ta"."tickets"\n'
        "WITH NO SCHEMA BINDING"
    )


def test_without_any_tenant_there_is_no_view() -> None:
    with pytest.raises(OperatorError, match="no tenant has a table tickets"):
        view_sql("reporting", "tickets", {})
