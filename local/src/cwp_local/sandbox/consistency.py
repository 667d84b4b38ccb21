"""Which rows point to which, what they repeat of each other, and what becomes of them.

The links follow from the catalogue: every reference of a kind that a served table has, and the few
bare ids among its numbers. So each reference of every row is known here, whoever wrote it.

The live service joins names when it reads. Here they are written into the rows that repeat them,
so that every change can be seen: a row whose JSON changes for any reason gets a new lastUpdated.
Only rows that are found by an index are rewritten, that is, all that point to anything but setup
tables: a renamed board keeps its old name in tickets until they are next written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.catalogue import kind_of, reference_types
from cwp_local.sandbox.pointing import (
    TICKET_TABLES,
    full_name,
    parent_table,
    reference_to,
    targets_of,
    value_at,
)
from cwp_local.sandbox.tables import (
    ACTIVITIES,
    AGREEMENTS,
    COMPANIES,
    CONTACTS,
    EXPENSES,
    PROJECT_TICKETS,
    SCHEDULE_ENTRIES,
    SITES,
    TABLES,
    TICKETS,
    TIME_ENTRIES,
    Table,
)

#: What becomes of a row that points to one that goes: it goes too, keeps it from going, or forgets.
Fate = Literal["delete", "refuse", "clear"]


@dataclass(frozen=True)
class Link:
    """Where rows of `holder` say the id of a row of one of `targets`.

    `path` is where the id lies: `company/id`, `parentTicketId`; within a list, each element's is
    at `inner`: `types`, `id`. `kind` is what a reference is called, None for a bare number.
    `only` are a path and the value there with which the number means these targets.
    """

    holder: Table
    path: str
    targets: tuple[Table, ...]
    kind: str | None = None
    inner: str | None = None
    only: tuple[str, str] | None = None

    @property
    def field(self) -> str:
        """The row's field that it is a part of."""
        return self.path.partition("/")[0]

    @property
    def indexed(self) -> bool:
        """Whether rows are found by it without looking at all of them."""
        return self.inner is None and self.path in self.holder.indexed

    def ids(self, row: Row) -> list[Any]:
        """The ids that a row says here."""
        if self.only and value_at(row, self.only[0]) != self.only[1]:
            return []
        if self.inner is None:
            found = [value_at(row, self.path)]
        else:
            elements = row.get(self.path)
            items = elements if isinstance(elements, list) else []
            found = [value_at(item, self.inner) for item in items]
        return [row_id for row_id in found if row_id is not None]


#: Rows that are nothing without what they belong to; nested rows go with their parent anyway.
_GO_ALONG = {
    (CONTACTS, "company/id"),
    (TIME_ENTRIES, "ticket/id"),
    (TIME_ENTRIES, "activity/id"),
    (EXPENSES, "ticket/id"),
    (SCHEDULE_ENTRIES, "objectId"),
}

#: Fields that say something about another field's row, and go with it.
_ABOUT: Mapping[str, tuple[str, ...]] = {
    "contact": (
        *("contactName", "contactPhoneNumber", "contactPhoneExtension"),
        "contactEmailAddress",
    ),
    "agreement": ("agreementType", "applyToId"),
    "ticket": ("applyToId",),
    "project": ("applyToId",),
    "phase": ("applyToId",),
    "salesOrder": ("applyToId",),
}


def fate(link: Link, owner: Table) -> Fate:
    """What becomes of rows with that link when the row of `owner` it names is to be deleted."""
    holder = link.holder
    nested = holder.parent is not None and holder.parent.link == link.path
    if nested or (holder, link.path) in _GO_ALONG:
        return "delete"
    if owner.setup or owner is COMPANIES or link.field in holder.required:
        return "refuse"
    return "clear"


def without(row: Row, link: Link, row_id: int) -> Row:
    """The row once it has forgotten the row of that id."""
    if link.inner is None:
        gone = {link.field, *_ABOUT.get(link.field, ())}
        return {name: value for name, value in row.items() if name not in gone}
    place, _, _ = link.inner.rpartition("/")
    kept = []
    for item in row.get(link.path, []):
        if value_at(item, link.inner) != row_id:
            kept.append(item)
        elif place:
            kept.append({name: value for name, value in item.items() if name != place})
    return {**row, link.path: kept}


def forgetting(row: Row, link: Link) -> Row:
    """The row without anything it says at that link."""
    for row_id in link.ids(row):
        row = without(row, link, row_id)
    return row


def repeated(link: Link, owner: Table, row: Row) -> Row:
    """The fields in which a holder repeats what `row`, to which its `link` points, says."""
    if link.kind is None:
        return {}
    more = _MORE.get((link.holder, link.field, owner), _nothing)
    return {link.field: reference_to(link.kind, owner, row), **more(row)}


def links_of(holder: Table) -> tuple[Link, ...]:
    """The links in rows of a table."""
    return _by_holder()[holder]


def links_to(target: Table) -> tuple[Link, ...]:
    """The links that may name rows of a table."""
    return _by_target()[target]


def tickets_counting(table: Table, row: Row) -> set[int]:
    """Ids of the tickets whose sums `row` goes into: its own ticket, or its parents."""
    if table is TIME_ENTRIES:
        found = [value_at(row, "ticket/id")]
    elif table is TICKETS:
        found = [row.get("parentTicketId"), value_at(row, "mergedParentTicket/id")]
    else:
        found = []
    return {ticket_id for ticket_id in found if ticket_id is not None}


def _nothing(_: Row) -> Row:
    return {}


def _of_ticket(ticket: Row) -> Row:
    """What a time entry repeats of its ticket."""
    names = {
        "ticketBoard": "board/name",
        "ticketStatus": "status/name",
        "ticketType": "type/name",
        "ticketSubType": "subType/name",
        "company": "company",
    }
    said = {name: value_at(ticket, path) for name, path in names.items()}
    return {name: value for name, value in said.items() if value is not None}


def _contact_name(contact: Row) -> Row:
    return {"contactName": full_name(contact)}


def _agreement_type(agreement: Row) -> Row:
    name = value_at(agreement, "type/name")
    return {} if name is None else {"agreementType": name}


def _site_name(site: Row) -> Row:
    return {"siteName": site["name"]}


#: What holders repeat besides the reference, by holder, its field, and what that points to.
_MORE: Mapping[tuple[Table, str, Table], Callable[[Row], Row]] = {
    **{(TIME_ENTRIES, "ticket", table): _of_ticket for table in TICKET_TABLES},
    **{(table, "contact", CONTACTS): _contact_name for table in TICKET_TABLES},
    **{(table, "site", SITES): _site_name for table in TICKET_TABLES},
    **{
        (table, "agreement", AGREEMENTS): _agreement_type
        for table in (TICKETS, PROJECT_TICKETS, TIME_ENTRIES)
    },
}


@cache
def _by_holder() -> Mapping[Table, tuple[Link, ...]]:
    return {table: tuple(_links(table)) for table in TABLES.values()}


@cache
def _by_target() -> Mapping[Table, tuple[Link, ...]]:
    links = [link for table in TABLES.values() for link in links_of(table)]
    return {
        table: tuple(link for link in links if table in link.targets) for table in TABLES.values()
    }


def _links(table: Table) -> Iterator[Link]:
    parent = parent_table(table)
    if table.parent and parent and "/" not in table.parent.link:
        yield Link(table, table.parent.link, (parent,))
    for name in table.kin:
        yield Link(table, name, (table,))
    if table is SCHEDULE_ENTRIES:
        yield Link(table, "objectId", TICKET_TABLES, only=("type/identifier", "S"))
        yield Link(table, "objectId", (ACTIVITIES,), only=("type/identifier", "C"))
    for name, type_text in table.entity.types.items():
        if kind_of(type_text) == "list":
            for inner, kind in _references("", type_text[2:]):
                yield Link(table, name, targets_of(kind), kind, inner)
        else:
            for path, kind in _references(name, type_text):
                yield Link(table, path, targets_of(kind), kind)


def _references(at: str, type_text: str) -> Iterator[tuple[str, str]]:
    """Path of the id, and kind, of the references to served tables in a value at `at`."""
    if kind_of(type_text) != "reference":
        return
    kind = type_text[2:]
    prefix = f"{at}/" if at else ""
    if targets_of(kind):
        yield f"{prefix}id", kind
        return
    for part, part_type in reference_types(kind).items():
        yield from _references(f"{prefix}{part}", part_type)
