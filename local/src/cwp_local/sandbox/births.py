"""New rows: complete, and hanging on rows that are there."""

from collections.abc import Callable, Mapping
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.conditions import EVERY_ROW
from cwp_local.sandbox.consistency import Link, forgetting
from cwp_local.sandbox.edits import Edit
from cwp_local.sandbox.pointing import parent_table, reference_to, targets_of, value_at
from cwp_local.sandbox.settling import ENTRY_TABLES, settled
from cwp_local.sandbox.tables import (
    ACTIVITIES,
    ADDITIONS,
    AGREEMENTS,
    BOARD_STATUSES,
    BOARDS,
    COMPANIES,
    CONFIGURATIONS,
    CONTACTS,
    EXPENSES,
    INVOICES,
    MEMBERS,
    NOTES,
    OPPORTUNITIES,
    ORDERS,
    PHASES,
    PRODUCTS,
    PROJECT_TICKETS,
    PROJECTS,
    PURCHASE_ORDERS,
    SCHEDULE_ENTRIES,
    SITES,
    TICKETS,
    TIME_ENTRIES,
    TIME_SHEETS,
    Table,
)
from cwp_local.sandbox.world.choices import SERVICE_SCHEDULE
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.fresh import Fresh

#: Gives a row of a table to hang a new one on, if there is any.
Finder = Callable[[Table], Row | None]

#: What a new row hangs on; nested rows hang on their parent.
_HANGS_ON: Mapping[Table, tuple[Table, str]] = {
    CONTACTS: (COMPANIES, "company"),
    CONFIGURATIONS: (COMPANIES, "company"),
    OPPORTUNITIES: (CONTACTS, "contact"),
    AGREEMENTS: (CONTACTS, "contact"),
    ORDERS: (COMPANIES, "company"),
    PROJECTS: (COMPANIES, "company"),
    TICKETS: (COMPANIES, "company"),
    PROJECT_TICKETS: (PHASES, "phase"),
    ACTIVITIES: (CONTACTS, "contact"),
    SCHEDULE_ENTRIES: (TICKETS, "objectId"),
    TIME_SHEETS: (MEMBERS, "member"),
    INVOICES: (COMPANIES, "company"),
    TIME_ENTRIES: (TICKETS, "chargeToId"),
    EXPENSES: (TICKETS, "chargeToId"),
    PRODUCTS: (TICKETS, "ticket"),
    PURCHASE_ORDERS: (COMPANIES, "vendorCompany"),
    SITES: (COMPANIES, "company"),
    BOARD_STATUSES: (BOARDS, "board"),
    ADDITIONS: (AGREEMENTS, "agreementId"),
    PHASES: (PROJECTS, "projectId"),
    NOTES: (TICKETS, "ticketId"),
}
#: What a row takes over from the one it hangs on.
_TAKEN_OVER = ("company", "contact", "site", "agreement")
#: What else of its company's a new row points to, and how often.
_OF_COMPANY = ((CONTACTS, "contact", 0.95), (SITES, "site", 0.9), (AGREEMENTS, "agreement", 0.6))
_ON_PROJECTS = 0.1


def new_row(edit: Edit, fresh: Fresh, table: Table, given: Row) -> Row:
    """A complete row that says what is given and points to nothing that is not there.

    It is not stored yet; its id is the next one, unless one is given.
    """
    made = fresh.row(table, given.get("id") or edit.next_id(table), edit.rows.get, given)
    row = {**made, **given}
    for link in edit.dangling(table, row):
        row = _mended(edit, row, link)
    return settled(edit.rows, table, row, edit.now, edit.by)


def _mended(edit: Edit, row: Row, link: Link) -> Row:
    """A row that no longer points to nothing: to another row where it must, else not at all."""
    needed = link.field in (*link.holder.required, *link.holder.kept)
    if needed and link.kind and link.inner is None:
        for target in link.targets:
            found = [
                edit.rows.get(target, row_id) for row_id in edit.rows.ids(target, EVERY_ROW, 1)
            ]
            if found and found[0]:
                return {**row, link.field: reference_to(link.kind, target, found[0])}
    return forgetting(row, link)


def hung(edit: Edit, rng: Random, table: Table, find: Finder) -> Row | None:
    """The fields by which a new row of a table hangs on others; None if these are missing."""
    if table not in _HANGS_ON:
        return {}
    owner, field = _HANGS_ON[table]
    if table in ENTRY_TABLES and chance(rng, _ON_PROJECTS):
        owner = PROJECT_TICKETS
    row = find(owner)
    if row is None:
        return None
    given = {**_pointer(table, owner, field, row), **_taken(edit, table, owner, row)}
    return settled(
        edit.rows, table, {**_of_company(edit, rng, table, given), **given}, edit.now, ""
    )


def _pointer(table: Table, owner: Table, field: str, row: Row) -> Row:
    type_text = table.entity.types[field]
    if type_text.startswith("->"):
        return {field: reference_to(type_text[2:], owner, row)}
    more = {"type": SERVICE_SCHEDULE} if table is SCHEDULE_ENTRIES else {}
    return {field: row["id"], **more}


def _taken(edit: Edit, table: Table, owner: Table, row: Row) -> Row:
    """What a row says alike with the one it hangs on, or with that one's parent."""
    source, parent = row, parent_table(owner)
    pointing: Row = {}
    if owner.parent and parent and parent is not table:
        parent_id = value_at(row, owner.parent.link)
        above = edit.rows.get(parent, parent_id)
        if above is not None:
            source = {**above, **row}
            pointing = _naming(table, parent, above)
    return {
        **{name: source[name] for name in _TAKEN_OVER if name in source and _has(table, name)},
        **pointing,
    }


def _naming(table: Table, target: Table, row: Row) -> Row:
    """The first field of a table that can point to a row of `target`, doing so."""
    for name, type_text in table.entity.types.items():
        if type_text.startswith("->") and target in targets_of(type_text[2:]):
            return {name: reference_to(type_text[2:], target, row)}
    return {}


def _of_company(edit: Edit, rng: Random, table: Table, given: Row) -> Row:
    company_id = value_at(given, "company/id")
    more: Row = {}
    for target, name, share in _OF_COMPANY:
        if company_id is None or name in given or not _has(table, name):
            continue
        ids = edit.rows.ids_with(target, "company/id", company_id)
        row = edit.rows.get(target, pick(rng, ids)) if ids and chance(rng, share) else None
        if row is not None:
            more[name] = reference_to(table.entity.types[name][2:], target, row)
    return more


def _has(table: Table, name: str) -> bool:
    return table.entity.types.get(name, "").startswith("->")
