"""The one text of a value, and the hashes made of it (scd2.md R3, R4).

All hashes are **MD5** (128 bits; a fingerprint, nothing secret hangs on it) of an injective
encoding:

* key hash: netstrings (`length in UTF-8 bytes`, `:`, `text`, `,`) of tenant, canonical table and
  each key part, so ("a", "bc") and ("ab", "c") differ;
* surrogate key: the same, then the start in microseconds since 1970;
* change hash: NUL, name, `=` and text of each attribute that is not NULL, by column name. No text
  has a NUL (casts), no name a `=`. A NULL is left out, so a new column costs no version; an empty
  text is there, so it is no NULL. Of a text that was cut the whole goes in, then NUL, `=` and how
  many bytes stayed: a change beyond the cut is a change, and what a wider column shows is shown. No
  attribute has an empty name.

A wider type has the same text for the same value: 5, 5.0 and decimal 5.0000 are all `5`.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from cwp_shared.mapping import Column
from cwp_transformer.engine import literal

#: Goes up when any text or encoding here changes; an index says which one made its hashes.
HASH_VERSION: Final = 1


def text(value: str, kind: str) -> str:
    """SQL for the canonical text of `value` (SQL, of that kind); NULL for NULL."""
    match kind:
        case "varchar" | "super":
            return value
        case "decimal":
            # A decimal without a scale prints no point, and its zeros count.
            plain = f"CAST({value} AS VARCHAR)"
            return (
                f"CASE WHEN contains({plain}, '.') THEN rtrim(rtrim({plain}, '0'), '.') "
                f"ELSE {plain} END"
            )
        case "double precision":
            return (
                f"CASE WHEN {value} = trunc({value}) AND abs({value}) < 1e15 "
                f"THEN CAST(CAST({value} AS BIGINT) AS VARCHAR) ELSE CAST({value} AS VARCHAR) END"
            )
        case "timestamp":
            return f"replace(CAST({value} AS VARCHAR), ' ', 'T') || 'Z'"
    return f"CAST({value} AS VARCHAR)"


def cut_text(value: str, whole: str) -> str:
    """SQL for the text of `value`, which is a beginning of `whole`; NULL there: nothing was cut."""
    cut = f"{whole} || chr(0) || '=' || strlen({value})"
    return f"CASE WHEN {whole} IS NULL THEN {value} ELSE {cut} END"


def _constant(part: str) -> str:
    return f"{len(part.encode())}:{part},"


def _netstring(value: str) -> str:
    return f"strlen({value}) || ':' || {value} || ','"


def key_text(tenant_id: str, table: str, columns: Sequence[Column], names: Iterable[str]) -> str:
    """SQL for the netstrings of tenant, table and key parts, whose values are called `names`."""
    parts = [
        _netstring(text(name, column.kind)) for name, column in zip(names, columns, strict=True)
    ]
    return " || ".join([literal(_constant(tenant_id) + _constant(table)), *parts])


def hash128(value: str) -> str:
    """SQL for the 16 bytes of the hash of a text."""
    return f"unhex(md5({value}))"


def surrogate_key(key: str, start: str) -> str:
    """SQL for `sk`, 32 hex digits, from `key_text` and the version's start (R3)."""
    return f"md5({key} || epoch_us({start}))"


class Attribute(NamedTuple):
    """One input of the change hash: `text` is SQL of its canonical text, NULL for NULL.

    `is_full` says that no row has a NULL; it makes the hash cheaper and never another one.
    """

    name: str
    text: str
    is_full: bool = False


def change_hash(attributes: Iterable[Attribute]) -> str:
    """SQL for the hash over attributes (R4)."""
    pieces = [
        f"{_lead(a.name)}, {a.text}" if a.is_full else f"{_lead(a.name)} || {a.text}"
        for a in sorted(attributes)
    ]
    # `concat` passes over NULLs.
    return hash128(f"concat({', '.join(pieces)})" if pieces else "''")


def _lead(name: str) -> str:
    return literal(f"\0{name}=")
