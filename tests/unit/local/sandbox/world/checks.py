"""What holds for rows of any table."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from cwp_local.sandbox.catalogue import reference_types
from cwp_local.sandbox.consistency import Link, links_of
from cwp_local.sandbox.pointing import reference_to, value_at
from cwp_local.sandbox.tables import DEPARTMENTS, LOCATIONS, Table

Row = dict[str, Any]
#: Finds a row.
Find = Callable[[Table, int], Row | None]

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
#: Bare numbers that are ids of setup rows.
_BARE_IDS = {
    "locationId": LOCATIONS,
    "companyLocationId": LOCATIONS,
    "territoryId": LOCATIONS,
    "businessUnitId": DEPARTMENTS,
    "departmentId": DEPARTMENTS,
}


def type_problems(types: dict[str, str], row: Row, where: str) -> Iterator[str]:
    """Every name or value of a row that the catalogue does not know."""
    for name, value in row.items():
        here = f"{where}/{name}"
        if name not in types:
            yield here
        elif not fits(types[name], value):
            yield f"{here} = {value!r}, not {types[name]}"
        elif "->" in types[name]:
            inner = _parts(types[name].removeprefix("[]").removeprefix("->"))
            for one in value if types[name].startswith("[]") else [value]:
                yield from type_problems(inner, one, here)


@cache
def _parts(reference: str) -> dict[str, str]:
    return reference_types(reference)


def fits(kind: str, value: Any) -> bool:
    """Whether a value is of a type, as the catalogue writes it."""
    if kind.startswith("[]"):
        return isinstance(value, list) and all(fits(kind[2:], one) for one in value)
    if kind.startswith("->"):
        return isinstance(value, dict)
    if kind.startswith("enum:"):
        return value in kind.removeprefix("enum:").split("|")
    if limit := re.fullmatch(r"string\((\d+)\)", kind):
        return isinstance(value, str) and len(value) <= int(limit[1])
    checks = {
        "int": lambda: type(value) is int and abs(value) < 2**31,
        "double": lambda: type(value) is float,
        "bool": lambda: type(value) is bool,
        "string": lambda: isinstance(value, str),
        "date-time": lambda: isinstance(value, str) and bool(MOMENT.fullmatch(value)),
        "object": lambda: value is not None,
    }
    return checks[kind]()


def pointing_problems(find: Find, table: Table, row: Row) -> Iterator[str]:
    """Every id in a row that names no row, or another one than its names do."""
    for link in links_of(table):
        for reference_id in link.ids(row):
            yield from _link_problems(find, table, row, link, reference_id)
    for name, target in _BARE_IDS.items():
        if name in row and find(target, row[name]) is None:
            yield f"{table.id} {row['id']}: {name} {row[name]} is no {target.noun}"


def _link_problems(
    find: Find, table: Table, row: Row, link: Link, reference_id: int
) -> Iterator[str]:
    where = f"{table.id} {row['id']}: {link.path} {reference_id}"
    found = [(target, one) for target in link.targets if (one := find(target, reference_id))]
    if len(found) != 1:
        yield f"{where} names {len(found)} rows"
    elif link.kind:
        wanted = reference_to(link.kind, *found[0])
        if wanted not in _said(row, link):
            yield f"{where} is {_said(row, link)}, not {wanted}"


def _said(row: Row, link: Link) -> list[Any]:
    if link.inner is None:
        return [value_at(row, link.path.rpartition("/")[0])]
    holder = link.inner.rpartition("/")[0]
    return [value_at(item, holder) if holder else item for item in row[link.path]]


def copy_problems(row: Row) -> Iterator[str]:
    """Every text or number that repeats what a reference beside it says, and does it wrong."""
    for name, path in (
        ("agreementType", "agreement/type"),
        ("contactName", "contact/name"),
        ("siteName", "site/name"),
        ("customerSiteName", "customerSite/name"),
        ("locationName", "location/name"),
        ("businessGroupDesc", "department/name"),
        ("locationId", "location/id"),
    ):
        said, referred = row.get(name), value_at(row, path)
        if said is not None and referred is not None and said != referred:
            yield f"{name} is {said!r}, but {path} {referred!r}"
