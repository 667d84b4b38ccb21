"""Nodes into SQL over the stored rows.

A row is `id`, `last_updated`, `body`, its JSON, and a column for each value that its table indexes
(`tables.Table.indexed`). Everything else is read from the body.

`conditions` test values of the row itself. `childConditions` and `customFieldConditions` test
elements of its lists: a row is found if there is one element of each list named for which the
whole expression holds. So `communicationItems/value like "x*" AND
communicationItems/communicationType="Email"` needs an e-mail address that begins with x, not an
e-mail address and some item that begins with x. Alternatives of an outer OR are asked one by one.
"""

from collections.abc import Callable, Iterator
from typing import Final

from cwp_local.sandbox.catalogue import ChildField, UnknownNameError
from cwp_local.sandbox.conditions.comparisons import Bound, Clause, Value, collation, compare
from cwp_local.sandbox.conditions.parse import (
    Comparison,
    ConditionError,
    Every,
    Negation,
    Node,
    Some,
    names_in,
    parse_conditions,
    parse_order,
)
from cwp_local.sandbox.tables import Table

EVERY_ROW: Final = Clause("1")

# Names of lists are the catalogue's; everything from outside is bound.
_SOME_ELEMENT = "EXISTS (SELECT 1 FROM {lists} WHERE {test})"


def compile_conditions(table: Table, text: str) -> Clause:
    """The WHERE clause of `conditions`; empty text holds for every row.

    Raises:
        ConditionError: the text cannot be read, or compares unlike things.
        UnknownNameError: a name that rows of the collection do not have or cannot be found by.
    """
    return _compiled(table, _required(text))


def compile_beyond(table: Table, text: str) -> tuple[Clause, int]:
    """`conditions` as (rest, after): ids are above `after`, and `rest` says everything else.

    Raises:
        ConditionError, UnknownNameError: as `compile_conditions` does.
    """
    parts = [(part, _lowest(part)) for part in _required(text)]
    rest = [part for part, lowest in parts if lowest is None]
    return _compiled(table, rest), max((n for _, n in parts if n is not None), default=0)


def compile_required(table: Table, text: str, wanted: str) -> Clause:
    """What the `rest` of `compile_beyond` requires of a column in any case; perhaps nothing.

    Raises:
        ConditionError, UnknownNameError: as `compile_conditions` does.
    """
    tests = [p for p in _required(text) if isinstance(p, Comparison) and _lowest(p) is None]
    return _compiled(table, [test for test in tests if _value(table, test.name).sql == wanted])


def compile_child_conditions(table: Table, text: str) -> Clause:
    """The WHERE clause of `childConditions`, whose names begin with a list's: `types/name`.

    Raises:
        ConditionError: the text cannot be read, uses `in`, or compares unlike things.
        UnknownNameError: a name that elements of the collection's lists do not have.
    """
    return _of_elements("childConditions", table.entity.child, text)


def compile_custom_field_conditions(table: Table, text: str) -> Clause:
    """The WHERE clause of `customFieldConditions`: `caption = "x" AND value != null`.

    Raises:
        ConditionError: the text cannot be read, uses `in`, or compares unlike things.
        UnknownNameError: a name that custom fields do not have, or rows without custom fields.
    """

    def resolve(name: str) -> ChildField:
        try:
            return table.entity.child(f"customFields/{name}")
        except UnknownNameError:
            raise UnknownNameError(name) from None

    return _of_elements("customFieldConditions", resolve, text)


def compile_order(table: Table, text: str) -> str:
    """The ORDER BY clause of `orderBy`; `id` always decides last, so that order is total.

    Raises:
        ConditionError: the text cannot be read.
        UnknownNameError: a name that rows of the collection do not have.
    """
    keys = parse_order(text) if text.strip() else ()
    ways = [f"{_ordered(table, key.name)} {'DESC' if key.descending else 'ASC'}" for key in keys]
    return ", ".join([*ways, "id"])


def linked(table: Table, path: str, value: Bound) -> Clause:
    """Holds for the rows whose `path` ("ticket/id") is `value`."""
    return Clause(f"{column(table, tuple(path.split('/')))} = ?", (value,))


def all_of(*clauses: Clause) -> Clause:
    """Holds where every one of the clauses does."""
    parts = [clause for clause in clauses if clause != EVERY_ROW]
    return _joined("AND", parts) if parts else EVERY_ROW


def column(table: Table, path: tuple[str, ...]) -> str:
    """The SQL expression of a value."""
    if path == ("id",):
        return "id"
    if path == ("_info", "lastUpdated"):
        return "last_updated"
    if "/".join(path) in table.indexed:
        return link_column("/".join(path))
    return f"json_extract(body, '$.{'.'.join(path)}')"


def link_column(path: str) -> str:
    """The column of an indexed value: `link_ticket_id` of `ticket/id`."""
    return f"link_{path.replace('/', '_')}"


def _ordered(table: Table, name: str) -> str:
    field = table.entity.field(name)
    return column(table, field.path) + collation(field)


def _value(table: Table, name: str) -> Value:
    field = table.entity.field(name)
    if "/".join(field.path) in table.unfilterable:
        raise UnknownNameError(name)
    return Value(field, column(table, field.path))


def _required(text: str) -> list[Node]:
    """Parts of `conditions` that all have to hold, none of which is itself an AND."""
    return list(_flat(parse_conditions(text))) if text.strip() else []


def _flat(node: Node) -> Iterator[Node]:
    if isinstance(node, Every):
        for part in node.parts:
            yield from _flat(part)
    else:
        yield node


def _lowest(node: Node) -> int | None:
    """The number that ids have to be above, if that is what a part says."""
    match node:
        case Comparison(name, ">", (int(lowest),)) if name.lower() == "id":
            return None if isinstance(lowest, bool) else lowest
    return None


def _compiled(table: Table, parts: list[Node]) -> Clause:
    def test(node: Comparison) -> Clause:
        return compare(_value(table, node.name), node)

    return all_of(*(_clause(part, test) for part in parts))


def _of_elements(label: str, resolve: Callable[[str], ChildField], text: str) -> Clause:
    def test(node: Comparison) -> Clause:
        if node.operator == "in":
            raise ConditionError(f"in can be used in conditions only, not in {label}.")
        return compare(_element_value(resolve(node.name)), node)

    def some_element(node: Node) -> Clause:
        if isinstance(node, Some):
            return _joined("OR", [some_element(part) for part in node.parts])
        names = dict.fromkeys(resolve(name).collection for name in names_in(node))
        lists = ", ".join(f"json_each(body, '$.{name}') AS each_{name}" for name in names)
        found = _clause(node, test)
        return Clause(_SOME_ELEMENT.format(lists=lists, test=found.sql), found.values)

    return some_element(parse_conditions(text, label)) if text.strip() else EVERY_ROW


def _element_value(child: ChildField) -> Value:
    element = f"each_{child.collection}"

    def read(function: str) -> str:
        arguments = f"{element}.value, '$.{'.'.join(child.field.path)}'"
        return f"CASE {element}.type WHEN 'object' THEN {function}({arguments}) END"

    json_type = read("json_type") if child.field.kind == "object" else None
    return Value(child.field, read("json_extract"), json_type)


def _clause(node: Node, test: Callable[[Comparison], Clause]) -> Clause:
    match node:
        case Comparison():
            return test(node)
        case Every():
            return _joined("AND", [_clause(part, test) for part in node.parts])
        case Some():
            return _joined("OR", [_clause(part, test) for part in node.parts])
        case Negation():
            inner = _clause(node.part, test)
            return Clause(f"NOT ({inner.sql})", inner.values)


def _joined(word: str, parts: list[Clause]) -> Clause:
    """Join as a balanced tree: SQLite limits an expression's depth, not its width."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    left, right = _joined(word, parts[:middle]), _joined(word, parts[middle:])
    return Clause(f"({left.sql} {word} {right.sql})", left.values + right.values)
