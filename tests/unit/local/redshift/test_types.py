import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.types import RedshiftType, declared, from_duckdb, from_text


def _declared(text: str) -> RedshiftType:
    definition = parse_one(f"CREATE TABLE t (a {text})", read="redshift").find(exp.ColumnDef)
    assert definition is not None
    kind = definition.kind
    assert isinstance(kind, exp.DataType)
    return declared(kind)


@pytest.mark.parametrize(
    ("text", "name", "kept"),
    [
        ("INT", "integer", "INTEGER"),
        ("int8", "bigint", "BIGINT"),
        ("FLOAT", "double precision", "DOUBLE"),
        ("real", "real", "FLOAT"),
        ("DECIMAL", "numeric(18,0)", "DECIMAL(18,0)"),
        ("NUMERIC(10)", "numeric(10,0)", "DECIMAL(10,0)"),
        ("decimal(18,4)", "numeric(18,4)", "DECIMAL(18,4)"),
        ("VARCHAR", "character varying(256)", "VARCHAR"),
        ("TEXT", "character varying(256)", "VARCHAR"),
        ("VARCHAR(MAX)", "character varying(65535)", "VARCHAR"),
        ("character varying(7)", "character varying(7)", "VARCHAR"),
        ("CHAR", "character(1)", "VARCHAR"),
        ("TIMESTAMP", "timestamp without time zone", "TIMESTAMP"),
        ("timestamptz", "timestamp with time zone", "TIMESTAMP WITH TIME ZONE"),
        ("SUPER", "super", "JSON"),
        ("bool", "boolean", "BOOLEAN"),
    ],
)
def test_declared_types(text: str, name: str, kept: str) -> None:
    found = _declared(text)
    assert str(found) == name
    assert found.duckdb == kept


@pytest.mark.parametrize("text", ["json", "uuid", "tinyint", "hugeint", "int[]", "jsonb"])
def test_types_that_redshift_does_not_have_are_refused(text: str) -> None:
    with pytest.raises(SqlError, match="does not exist"):
        _declared(text)


@pytest.mark.parametrize(
    "text", ["varchar(65536)", "char(4097)", "varchar(0)", "decimal(39,0)", "decimal(5,6)"]
)
def test_too_large_is_refused(text: str) -> None:
    with pytest.raises(SqlError, match=r"cannot exceed|must be between"):
        _declared(text)


@given(
    st.one_of(
        st.builds(RedshiftType, st.sampled_from(["integer", "super", "boolean", "date"])),
        st.builds(
            RedshiftType,
            st.sampled_from(["character varying", "character"]),
            length=st.integers(1, 4096),
        ),
        st.builds(
            RedshiftType,
            st.just("numeric"),
            precision=st.integers(19, 38),
            scale=st.integers(0, 19),
        ),
    )
)
def test_a_type_survives_as_a_comment(kind: RedshiftType) -> None:
    assert from_text(str(kind)) == kind


def test_a_comment_of_somebody_else_is_no_type() -> None:
    with pytest.raises(ValueError, match="is not a type"):
        from_text("the customer's name")


def test_computed_values_have_types_too() -> None:
    assert str(from_duckdb("DECIMAL(10,2)")) == "numeric(10,2)"
    assert str(from_duckdb("VARCHAR")) == "character varying(65535)"
    assert str(from_duckdb("HUGEINT")) == "bigint"
    assert str(from_duckdb("UBIGINT")) == "bigint"
    assert str(from_duckdb("INTEGER[]")) == "super"
    with pytest.raises(SqlError, match="cannot give a value of type interval; use DATEDIFF"):
        from_duckdb("INTERVAL")
