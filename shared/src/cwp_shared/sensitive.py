"""What of a page must not be stored in any place: landing/, raw/, quarantine/, the warehouse.

Two things say what is sensitive. `tables.json` names fields of a table (`portalPassword`). And the
API says it of some values itself, by the type beside them: those of custom fields, and the answers
to the questions that a configuration's type asks. They are items of lists.

The fetcher leaves it out of what it stores, and the writer once more out of what it takes from
there: pages that an older fetcher landed are no way around the rule.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

#: The names that lead to a field, in lower case.
FieldPath = tuple[str, ...]

#: Where an item of a list says its type, in lower case, and where it has its value.
_TYPED: Final = {"type": "value", "fieldtype": "answer"}
_SECRET_TYPE: Final = "password"  # noqa: S105 - the name of a type, no password

#: JSON without any of these has no item of that type; the last may spell each letter of it.
_MARKS: Final = (b"assword", b"ASSWORD", b"\\u00")


def field_paths(paths: Iterable[str]) -> list[FieldPath]:
    """Paths (`member/token`) as the names they lead through, through lists too.

    Upper and lower case are the same: a renamed secret is still one.
    """
    return [tuple(path.lower().split("/")) for path in paths]


def may_have_passwords(text: bytes) -> bool:
    """Whether JSON may have values of type Password; other text is not worth a closer look."""
    return any(mark in text for mark in _MARKS)


def fields_to_drop(names: Iterable[str], paths: Collection[FieldPath]) -> set[str]:
    """Of an object's names those at which a path ends."""
    ends = {path[0] for path in paths if len(path) == 1}
    return {name for name in names if name.lower() in ends} if ends else set()


def paths_below(name: str, paths: Collection[FieldPath]) -> list[FieldPath]:
    """How paths go on below an object's field."""
    return [path[1:] for path in paths if len(path) > 1 and path[0] == name.lower()]


def password_fields(item: Mapping[str, Any]) -> set[str]:
    """The names under which an item of a list has a value of type Password."""
    lower = {name: name.lower() for name in item}
    secret = {_TYPED[kind] for name, kind in lower.items() if _is_password(kind, item[name])}
    return {name for name, field in lower.items() if field in secret}


def _is_password(field: str, said: object) -> bool:
    return field in _TYPED and isinstance(said, str) and said.lower() == _SECRET_TYPE


def drop_sensitive(rows: Iterable[dict[str, Any]], paths: Iterable[str]) -> None:
    """Take what is sensitive out of rows, in place; `paths` are those of tables.json."""
    names = field_paths(paths)
    for row in rows:
        drop_fields(row, names)
        drop_passwords(row)


def drop_fields(value: Any, paths: Collection[FieldPath]) -> None:
    """Take the fields at `paths` out of a value, in place."""
    if not paths:
        return
    if isinstance(value, list):
        for item in value:
            drop_fields(item, paths)
    elif isinstance(value, dict):
        for name in fields_to_drop(value, paths):
            del value[name]
        for name, inner in value.items():
            drop_fields(inner, paths_below(name, paths))


def drop_passwords(value: Any, *, in_list: bool = False) -> None:
    """Take the values of type Password out of the lists in a value, in place.

    `in_list`: the value itself is in a list already.
    """
    if isinstance(value, list):
        for item in value:
            drop_passwords(item, in_list=True)
    elif isinstance(value, dict):
        for name in password_fields(value) if in_list else ():
            del value[name]
        for inner in value.values():
            drop_passwords(inner, in_list=in_list)
