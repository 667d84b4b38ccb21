"""The items of a list as a table of their own, as a view of their parent's history (scd2.md R15).

A child is known by its parent's key and its own. It has a version from the parent's version that
first lists it to the one that lists it no more or otherwise; so there is never a child version
without its parent's, and a child that is missing from its parent's list at `u` is closed at `u`.
That holds by itself, whatever comes late or again, because the parent's history is all there is.
"""

from dataclasses import dataclass
from typing import Final, Literal

from cwp_ops.errors import OperatorError
from cwp_shared.catalogue import field_type, reference_fields
from cwp_shared.mapping import Column, Mapping
from cwp_shared.tables import source_table

Dialect = Literal["redshift", "duckdb"]

_TYPES: Final = {"int": "bigint", "bool": "boolean", "double": "decimal(18,4)"}
_TEXT: Final = "varchar(65535)"
#: Of a reference inside an item, what is of use.
_OF_REFERENCE: Final = ("id", "identifier", "name")


@dataclass(frozen=True)
class Field:
    """A column of the view: the item's field at `path`."""

    name: str
    type: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Children:
    """A list column of a table, and what its items have. The first field is the item's key."""

    table: str
    column: str
    parent_key: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        """Of the view."""
        return f"{self.table}_{self.column}"


def children_of(mapping: Mapping, column_name: str, key: str = "id") -> Children:
    """A list column of a mapping, whose items are told apart by their field `key`.

    Raises:
        OperatorError: there is no such column, or it cannot be taken apart; with the reason.
    """
    column = _list_column(mapping, column_name)
    entity = source_table(mapping.source).path
    kind = field_type(entity, column.paths[0])
    if not kind.startswith("[]->"):
        raise OperatorError(f"the items of {mapping.table}.{column_name} are no objects: {kind}")
    item = kind.removeprefix("[]->")
    fields = reference_fields(item)
    if key not in fields:
        raise OperatorError(f"{item} has no field {key!r}; it has {', '.join(fields)}")
    names = [key, *(name for name in fields if name not in {key, "_info"})]
    noun = _singular(column_name)
    taken = [one for name in names for one in _fields(noun, name, fields[name])]
    return Children(mapping.table, column_name, mapping.key, tuple(taken))


def select(children: Children, relation: str, dialect: Dialect) -> str:
    """The view's query, over the parent's history `relation` (an identifier, quoted if need be)."""
    keys = ", ".join(children.parent_key)
    taken = ",\n       ".join(f"{_taken(one, dialect)} AS {one.name}" for one in children.fields)
    child_key = _text(children.fields[0].path, dialect)
    timeline = f"(PARTITION BY {keys}, child_key ORDER BY effective_from"
    # Names come from the mapping model, which checks them, and from the entity catalogue.
    return f"""
WITH items AS (
    SELECT sk, {keys}, effective_from, effective_to, {_ITEM[dialect]} AS child
    FROM {_listed(relation, children.column, dialect)}
), listed AS (
    SELECT sk, {keys}, effective_from, effective_to, {child_key} AS child_key, max(child) AS child
    FROM items GROUP BY sk, {keys}, effective_from, effective_to, {child_key}
), begun AS (
    SELECT *, CASE WHEN lag(effective_to) OVER {timeline}) = effective_from
                    AND lag(child) OVER {timeline}) = child THEN 0 ELSE 1 END AS begins
    FROM listed WHERE child_key IS NOT NULL
), numbered AS (
    SELECT *, sum(begins) OVER {timeline} ROWS UNBOUNDED PRECEDING) AS run FROM begun
), versions AS (
    SELECT {keys}, child_key, min(child) AS child,
           max(CASE WHEN begins = 1 THEN sk END) AS first_sk,
           min(effective_from) AS effective_from,
           CASE WHEN count(effective_to) = count(*) THEN max(effective_to) END AS effective_to
    FROM numbered GROUP BY {keys}, child_key, run
)
SELECT md5(first_sk || child_key) AS sk, {keys},
       {taken},
       effective_from, effective_to, effective_to IS NULL AS is_current,
       coalesce(effective_to < lead(effective_from) OVER {timeline}),
                effective_to IS NOT NULL) AS is_deleted
FROM versions
""".strip()  # noqa: S608 - see the comment above


def create(children: Children, schema: str, dialect: Dialect) -> str:
    """The statement that makes the view in a tenant's schema."""
    query = select(children, f'"{schema}".{children.table}', dialect)
    return f'CREATE OR REPLACE VIEW "{schema}".{children.name} AS\n{query};'


def _list_column(mapping: Mapping, name: str) -> Column:
    found = next((column for column in mapping.columns if column.name == name), None)
    if found is None or found.kind != "super":
        lists = [column.name for column in mapping.columns if column.kind == "super"]
        raise OperatorError(
            f"{mapping.table} has no list {name!r}; it has {', '.join(lists) or 'none'}"
        )
    if found.history != "tracked":
        reason = f"it is {found.history}, and only of a tracked list all changes are kept"
        raise OperatorError(f"{mapping.table}.{name} cannot be taken apart: {reason}")
    return found


def _fields(noun: str, name: str, kind: str) -> list[Field]:
    base = f"{noun}_{_snake(name)}"
    if kind == "bool":
        base = f"{noun}_is_{_snake(name).removesuffix('_flag')}"
    if not kind.startswith("->"):
        return [Field(base, _TYPES.get(kind, _TEXT), (name,))]
    inside = reference_fields(kind.removeprefix("->"))
    return [
        Field(f"{base}_{part}", _TYPES.get(inside[part], _TEXT), (name, part))
        for part in _OF_REFERENCE
        if part in inside
    ]


def _taken(field: Field, dialect: Dialect) -> str:
    text = _text(field.path, dialect)
    if field.type == "boolean":
        # Redshift casts no text to a boolean.
        return f"CASE {text} WHEN 'true' THEN true WHEN 'false' THEN false END"
    return text if field.type == _TEXT else f"CAST({text} AS {field.type})"


def _text(path: tuple[str, ...], dialect: Dialect) -> str:
    if dialect == "duckdb":
        return f"json_extract_string(child, '$.{'.'.join(path)}')"
    steps = ", ".join(f"'{step}'" for step in path)
    return f"nullif(json_extract_path_text(child, {steps}), '')"


def _listed(relation: str, column: str, dialect: Dialect) -> str:
    if dialect == "duckdb":
        return f"{relation}, unnest(from_json({column}, '[\"JSON\"]')) AS listed(item)"
    return f"{relation} AS parent, parent.{column} AS item"


_ITEM: Final[dict[Dialect, str]] = {
    "redshift": "json_serialize(item)",
    "duckdb": "CAST(item AS VARCHAR)",
}


def _singular(noun: str) -> str:
    return noun.removesuffix("es") if noun.endswith("xes") else noun.removesuffix("s")


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
