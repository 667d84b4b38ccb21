"""Which types an assignment converts by itself; any other needs a CAST, as on Redshift."""

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import Column
from cwp_local.redshift.sql.types import RedshiftType

_TEXTS = frozenset({"character", "character varying"})
_WHOLE = frozenset({"smallint", "integer", "bigint"})
_NUMBERS = _WHOLE | {"numeric", "real", "double precision"}
_TIMESTAMPS = frozenset({"timestamp without time zone", "timestamp with time zone"})

#: From a type, to the others that it becomes without being asked. SUPER converts both ways.
_IMPLICIT: dict[str, frozenset[str]] = {
    **dict.fromkeys(_NUMBERS, _NUMBERS | _TEXTS),
    **dict.fromkeys(_WHOLE, _NUMBERS | _TEXTS | {"boolean"}),
    **dict.fromkeys(_TEXTS, _TEXTS),
    **dict.fromkeys(_TIMESTAMPS, _TIMESTAMPS | _TEXTS | {"date", "time without time zone"}),
    "date": _TIMESTAMPS | _TEXTS,
    "time without time zone": _TEXTS,
}


def check_assignable(column: Column, value: RedshiftType) -> None:
    """Refuse a value that Redshift would not convert for `column`.

    Raises:
        SqlError: naming the column and both types.
    """
    wanted = column.type.name
    if wanted == value.name or "super" in {wanted, value.name}:
        return
    if wanted not in _IMPLICIT.get(value.name, frozenset()):
        raise SqlError(
            f'column "{column.name}" is of type {wanted} but expression is of type {value.name}; '
            "rewrite or cast the expression"
        )
