"""What rows of one table repeat of another's, and what happens to rows that point to a lost one.

The live service joins such things when it reads. Here they are written, so that every change can
be seen: a row whose JSON changes for any reason gets a new lastUpdated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import COMPANIES, CONTACTS, TICKETS, TIME_ENTRIES, Table
from cwp_local.sandbox.world.cases import ticket_reference
from cwp_local.sandbox.world.people import customer_of, person_of
from cwp_local.sandbox.world.time_rows import ticket_copies


@dataclass(frozen=True)
class Copy:
    """Rows of `target` whose `link` is a row of `source` carry the fields `of` makes from it."""

    source: Table
    target: Table
    link: str
    of: Callable[[Row], Row]


@dataclass(frozen=True)
class Dependent:
    """What becomes of rows of `target` whose `link` is a row of `owner` that is deleted."""

    owner: Table
    target: Table
    link: str
    then: Literal["delete", "refuse", "clear"]
    #: What `clear` takes away.
    fields: tuple[str, ...] = ()


def _company(row: Row) -> Row:
    return {"company": customer_of(row).reference}


def _contact(row: Row) -> Row:
    who = person_of(row)
    return {"contact": who.reference, "contactName": who.name}


def _default_contact(row: Row) -> Row:
    return {"defaultContact": person_of(row).reference}


def _billing_contact(row: Row) -> Row:
    return {"billingContact": person_of(row).reference}


def _merged(row: Row) -> Row:
    return {"mergedParentTicket": ticket_reference(row["id"], row["summary"])}


def _ticket(row: Row) -> Row:
    return {**ticket_copies(row), "company": row["company"]}


COPIES = (
    Copy(COMPANIES, CONTACTS, "company/id", _company),
    Copy(COMPANIES, TICKETS, "company/id", _company),
    Copy(COMPANIES, TIME_ENTRIES, "company/id", _company),
    Copy(CONTACTS, TICKETS, "contact/id", _contact),
    Copy(CONTACTS, COMPANIES, "defaultContact/id", _default_contact),
    Copy(CONTACTS, COMPANIES, "billingContact/id", _billing_contact),
    Copy(TICKETS, TICKETS, "mergedParentTicket/id", _merged),
    Copy(TICKETS, TIME_ENTRIES, "ticket/id", _ticket),
)

_CONTACT_FIELDS = (
    *("contact", "contactName", "contactPhoneNumber", "contactPhoneExtension"),
    "contactEmailAddress",
)
DEPENDENTS = (
    Dependent(COMPANIES, TICKETS, "company/id", "refuse"),
    Dependent(COMPANIES, TIME_ENTRIES, "company/id", "refuse"),
    Dependent(COMPANIES, CONTACTS, "company/id", "delete"),
    Dependent(CONTACTS, TICKETS, "contact/id", "clear", _CONTACT_FIELDS),
    Dependent(CONTACTS, COMPANIES, "defaultContact/id", "clear", ("defaultContact",)),
    Dependent(CONTACTS, COMPANIES, "billingContact/id", "clear", ("billingContact",)),
    Dependent(TICKETS, TIME_ENTRIES, "ticket/id", "delete"),
    Dependent(TICKETS, TICKETS, "parentTicketId", "clear", ("parentTicketId",)),
    Dependent(TICKETS, TICKETS, "mergedParentTicket/id", "clear", ("mergedParentTicket",)),
)


def tickets_counting(table: Table, row: Row) -> set[int]:
    """Ids of the tickets whose sums `row` goes into: its own ticket, or its parents."""
    if table is TIME_ENTRIES:
        found = [row.get("ticket", {}).get("id")]
    elif table is TICKETS:
        found = [row.get("parentTicketId"), row.get("mergedParentTicket", {}).get("id")]
    else:
        found = []
    return {ticket_id for ticket_id in found if ticket_id is not None}
