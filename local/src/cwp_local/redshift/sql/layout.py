"""How a table is spread, sorted and encoded: it does not show here, but much can be wrong."""

from collections.abc import Iterator, Sequence

from sqlglot import exp

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import Column
from cwp_local.redshift.sql.types import RedshiftType

_MOST_COLUMNS = 1_600
_MOST_SORT_KEYS = 400
_NUMBERS_AND_TIMES = frozenset(
    {
        "bigint",
        "date",
        "integer",
        "numeric",
        "smallint",
        "timestamp with time zone",
        "timestamp without time zone",
    }
)
_TEXTS = frozenset({"character", "character varying"})
#: Encoding to the types that it takes; None: all.
_ENCODINGS: dict[str, frozenset[str] | None] = {
    "auto": None,
    "az64": _NUMBERS_AND_TIMES,
    "bytedict": _NUMBERS_AND_TIMES | _TEXTS | {"double precision", "real"},
    "delta": _NUMBERS_AND_TIMES - {"timestamp with time zone"},
    "delta32k": _NUMBERS_AND_TIMES - {"smallint", "timestamp with time zone"},
    "lzo": _NUMBERS_AND_TIMES | _TEXTS | {"binary varying", "super"},
    "mostly16": frozenset({"bigint", "integer", "numeric"}),
    "mostly32": frozenset({"bigint", "numeric"}),
    "mostly8": frozenset({"bigint", "integer", "numeric", "smallint"}),
    "raw": None,
    "runlength": None,
    "text255": frozenset({"character varying"}),
    "text32k": frozenset({"character varying"}),
    "zstd": None,
}


def check_encoding(name: str, kind: RedshiftType) -> None:
    """Refuse an encoding that there is not, or not for this type.

    Raises:
        SqlError: naming both.
    """
    if name.lower() not in _ENCODINGS:
        raise SqlError(f'encoding type "{name.lower()}" does not exist')
    taken = _ENCODINGS[name.lower()]
    if taken is not None and kind.name not in taken:
        raise SqlError(f"invalid encoding type {name.lower()} specified for column type {kind}")


def check(tree: exp.Create, columns: Sequence[Column]) -> None:
    """Refuse a table without columns or with too many, and keys that are none of them.

    Raises:
        SqlError: naming the column.
    """
    if not columns:
        raise SqlError("a table must have at least one column")
    if len(columns) > _MOST_COLUMNS:
        raise SqlError(f"tables can have at most {_MOST_COLUMNS} columns")
    names = [column.name for column in columns]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise SqlError(f'column "{repeated[0]}" specified more than once')
    types = {column.name: column.type.name for column in columns}
    for what, key in _keys(tree):
        if key not in types:
            raise SqlError(f'column "{key}" named in {what} does not exist')
        if types[key] == "super":
            raise SqlError(f"column {key} of type super cannot be a {what}")


def _keys(tree: exp.Create) -> Iterator[tuple[str, str]]:
    properties = tree.args.get("properties")
    for part in properties.expressions if properties else ():
        if isinstance(part, exp.DistKeyProperty):
            yield "DISTKEY", part.name.lower()
        elif isinstance(part, exp.SortKeyProperty):
            keys = part.this if isinstance(part.this, list) else part.this.expressions
            if len(keys) > _MOST_SORT_KEYS:
                raise SqlError(f"a SORTKEY has at most {_MOST_SORT_KEYS} columns")
            yield from (("SORTKEY", key.name.lower()) for key in keys)
