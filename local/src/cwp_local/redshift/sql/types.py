"""Redshift's types: how they are declared, kept in DuckDB, described and sent.

Lengths of CHAR, VARCHAR and VARBYTE are bytes. DuckDB forgets them, so such a type is kept as the
comment of its DuckDB column, in the words of `PG_TABLE_DEF` (`character varying(32)`); the comment
is as transactional as the table.
"""

import re
from dataclasses import dataclass

from sqlglot import exp

from cwp_local.redshift.errors import SqlError

_T = exp.DType

#: The most bytes a VARCHAR holds; `VARCHAR(MAX)`.
LONGEST_VARCHAR = 65_535
_LONGEST_CHAR = 4_096
_LONGEST_VARBYTE = 1_024_000
_MOST_DIGITS = 38

#: Name in PG_TABLE_DEF -> (type in DuckDB, typeName in ColumnMetadata).
_NAMES = {
    "smallint": ("SMALLINT", "int2"),
    "integer": ("INTEGER", "int4"),
    "bigint": ("BIGINT", "int8"),
    "numeric": ("DECIMAL", "numeric"),
    "real": ("FLOAT", "float4"),
    "double precision": ("DOUBLE", "float8"),
    "boolean": ("BOOLEAN", "bool"),
    "character": ("VARCHAR", "bpchar"),
    "character varying": ("VARCHAR", "varchar"),
    "date": ("DATE", "date"),
    "time without time zone": ("TIME", "time"),
    "timestamp without time zone": ("TIMESTAMP", "timestamp"),
    "timestamp with time zone": ("TIMESTAMP WITH TIME ZONE", "timestamptz"),
    "super": ("JSON", "super"),
    "binary varying": ("BLOB", "varbyte"),
}

#: sqlglot's type -> (name in PG_TABLE_DEF, length if none is declared).
_DECLARED: dict[exp.DType, tuple[str, int | None]] = {
    _T.SMALLINT: ("smallint", None),
    _T.INT: ("integer", None),
    _T.BIGINT: ("bigint", None),
    _T.DECIMAL: ("numeric", None),
    _T.FLOAT: ("real", None),
    _T.DOUBLE: ("double precision", None),
    _T.BOOLEAN: ("boolean", None),
    _T.CHAR: ("character", 1),
    _T.NCHAR: ("character", 1),
    _T.BPCHAR: ("character", 256),
    _T.VARCHAR: ("character varying", 256),
    _T.NVARCHAR: ("character varying", 256),
    _T.TEXT: ("character varying", 256),
    _T.DATE: ("date", None),
    _T.TIME: ("time without time zone", None),
    _T.TIMESTAMP: ("timestamp without time zone", None),
    _T.TIMESTAMPTZ: ("timestamp with time zone", None),
    _T.SUPER: ("super", None),
    _T.VARBINARY: ("binary varying", 64_000),
}
_LONGEST = {
    "character": _LONGEST_CHAR,
    "character varying": LONGEST_VARCHAR,
    "binary varying": _LONGEST_VARBYTE,
}
_TEXT = re.compile(r"(?P<name>[a-z ]+?)(?:\((?P<first>\d+)(?:,(?P<second>\d+))?\))?")


@dataclass(frozen=True)
class RedshiftType:
    """A type as Redshift names it.

    `length` is bytes, for the three types that have one; `precision` and `scale` are a NUMERIC's.
    """

    name: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None

    def __str__(self) -> str:
        if self.length is not None:
            return f"{self.name}({self.length})"
        if self.precision is not None:
            return f"{self.name}({self.precision},{self.scale})"
        return self.name

    @property
    def duckdb(self) -> str:
        """The DuckDB type that holds it."""
        kept = _NAMES[self.name][0]
        return f"{kept}({self.precision},{self.scale})" if self.precision is not None else kept

    @property
    def wire(self) -> str:
        """`typeName` in the Data API's ColumnMetadata."""
        return _NAMES[self.name][1]

    @property
    def is_text(self) -> bool:
        """Whether its values are strings of limited bytes."""
        return self.name in {"character", "character varying"}


def declared(data_type: exp.DataType) -> RedshiftType:
    """The type a DDL statement or a cast asks for.

    Raises:
        SqlError: Redshift has no such type, or not that long.
    """
    found = _DECLARED.get(data_type.this)
    if found is None or data_type.args.get("nested"):
        text = data_type.sql(dialect="redshift").lower()
        raise SqlError(f'type "{text}" does not exist')
    name, default_length = found
    numbers = [_number(parameter) for parameter in data_type.expressions]
    if name == "numeric":
        return _numeric(numbers)
    if default_length is None:
        if numbers:
            raise SqlError(f"a length or precision of {name} is not supported")
        return RedshiftType(name)
    return _sized(name, numbers[0] if numbers else default_length)


def _number(parameter: exp.Expr) -> int | None:
    text = parameter.name or parameter.sql()
    return None if text.upper() == "MAX" else int(text)


def _sized(name: str, length: int | None) -> RedshiftType:
    longest = _LONGEST[name]
    length = longest if length is None else length
    if not 1 <= length <= longest:
        raise SqlError(f"length for type {name} cannot exceed {longest}")
    return RedshiftType(name, length=length)


def _numeric(numbers: list[int | None]) -> RedshiftType:
    precision, scale = (*numbers, None, None)[:2]
    precision = 18 if precision is None else precision
    scale = 0 if scale is None else scale
    if not 1 <= precision <= _MOST_DIGITS:
        raise SqlError(f"NUMERIC precision {precision} must be between 1 and {_MOST_DIGITS}")
    if not 0 <= scale <= precision:
        raise SqlError(f"NUMERIC scale {scale} must be between 0 and precision {precision}")
    return RedshiftType("numeric", precision=precision, scale=scale)


def from_text(text: str) -> RedshiftType:
    """The type whose `str` is `text`; `ValueError` if there is none."""
    found = _TEXT.fullmatch(text)
    if not found or found["name"] not in _NAMES:
        raise ValueError(f"{text!r} is not a type of the local Redshift")
    name, first, second = found["name"], found["first"], found["second"]
    if first is None:
        return RedshiftType(name)
    if second is None:
        return RedshiftType(name, length=int(first))
    return RedshiftType(name, precision=int(first), scale=int(second))


_FROM_DUCKDB = {kept: name for name, (kept, _) in _NAMES.items() if name != "character"} | {
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "bigint",
    "HUGEINT": "bigint",
    "TIMESTAMP_S": "timestamp without time zone",
    "TIMESTAMP_MS": "timestamp without time zone",
    "TIMESTAMP_NS": "timestamp without time zone",
    '"NULL"': "character varying",
    "STRING_LITERAL": "character varying",
    "INTEGER_LITERAL": "integer",
}


def from_duckdb(kept: str) -> RedshiftType:
    """The Redshift type of a value that DuckDB computed.

    Raises:
        SqlError: Redshift has none for it, or this stand-in cannot give it back.
    """
    if kept.startswith("DECIMAL("):
        precision, scale = kept[len("DECIMAL(") : -1].split(",")
        return RedshiftType("numeric", precision=int(precision), scale=int(scale))
    # DuckDB gives lists where Redshift gives a SUPER.
    name = "super" if kept.endswith("[]") else _FROM_DUCKDB.get(kept)
    if name is None:
        hint = "; use DATEDIFF" if kept == "INTERVAL" else ""
        raise SqlError(f"the local Redshift cannot give a value of type {kept.lower()}{hint}")
    return RedshiftType(name, length=_LONGEST.get(name))
