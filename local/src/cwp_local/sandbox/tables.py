"""The collections that are served: one declarative entry each.

To add one: an entry here, a generator in `world/`, and its rules in `consistency.py`.
"""

from dataclasses import dataclass
from functools import cached_property

from cwp_local.sandbox.catalogue import Entity
from cwp_shared.names import table_id


@dataclass(frozen=True)
class Table:
    """A collection of the API.

    `noun` names a row in messages ("Ticket 5 not found"), `resource` in validation errors.
    `indexed` are the values by which other rows find these; conditions on them are quick too.
    """

    path: str
    noun: str
    resource: str
    required: tuple[str, ...]
    indexed: tuple[str, ...] = ()
    never_returned: tuple[str, ...] = ()

    @cached_property
    def id(self) -> str:
        """`service_tickets`; also the name of the SQL table."""
        return table_id(self.path)

    @cached_property
    def entity(self) -> Entity:
        """The fields rows have."""
        return Entity(self.path, self.never_returned)


COMPANIES = Table(
    path="/company/companies",
    noun="Company",
    resource="company",
    required=("identifier", "name"),
    indexed=("defaultContact/id", "billingContact/id"),
)
CONTACTS = Table(
    path="/company/contacts",
    noun="Contact",
    resource="contact",
    required=("firstName",),
    indexed=("company/id",),
    never_returned=("ignoreDuplicates",),
)
TICKETS = Table(
    path="/service/tickets",
    noun="Ticket",
    resource="ticket",
    required=("summary", "company"),
    indexed=("company/id", "contact/id", "parentTicketId", "mergedParentTicket/id"),
    never_returned=(
        "initialDescription",
        "initialInternalAnalysis",
        "initialResolution",
        "initialDescriptionFrom",
        "contactEmailLookup",
        "processNotifications",
        "skipCallback",
    ),
)
TIME_ENTRIES = Table(
    path="/time/entries",
    noun="TimeEntry",
    resource="timeentry",
    required=("chargeToId", "timeStart"),
    indexed=("ticket/id", "company/id"),
)

#: By id, parents before children.
TABLES = {table.id: table for table in (COMPANIES, CONTACTS, TICKETS, TIME_ENTRIES)}
BY_PATH = {table.path.lower().strip("/"): table for table in TABLES.values()}
