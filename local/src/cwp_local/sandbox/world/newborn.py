"""A row to be made now: what it hangs on, as far as that can be found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.pointing import value_at
from cwp_local.sandbox.tables import (
    ACTIVITIES,
    AGREEMENTS,
    COMPANIES,
    CONTACTS,
    PROJECT_TICKETS,
    PROJECTS,
    TICKETS,
    Table,
)
from cwp_local.sandbox.world.people import (
    Customer,
    Member,
    Person,
    customer_of,
    new_customer,
    person_of,
)
from cwp_local.sandbox.world.scene import Scene

#: Finds a stored row.
Related = Callable[[Table, int], Row | None]

#: Stands in for a company that is not known.
NOBODY = customer_of({"id": 0, "identifier": "", "name": ""})

#: Where rows say what they hang on, and what that may be; its company is theirs.
_HANGING: tuple[tuple[str, tuple[Table, ...]], ...] = (
    ("agreementId", (AGREEMENTS,)),
    ("projectId", (PROJECTS,)),
    ("ticketId", (TICKETS,)),
    ("ticket/id", (TICKETS, PROJECT_TICKETS)),
    ("project/id", (PROJECTS,)),
    ("agreement/id", (AGREEMENTS,)),
)
#: What an entry can be charged to, or a schedule entry set aside for.
_CHARGED: Mapping[str, Table] = {
    "ServiceTicket": TICKETS,
    "ProjectTicket": PROJECT_TICKETS,
    "Activity": ACTIVITIES,
}


@dataclass(frozen=True)
class Newborn:
    """A new row of `table`. `given` are the fields that are settled already."""

    table: Table
    row_id: int
    related: Related
    given: Row
    rng: Random
    staff: tuple[Member, ...]
    now: int

    def scene(self) -> Scene:
        """The scene of the row."""
        person = self.person()
        return Scene(
            rng=self.rng,
            row_id=self.row_id,
            customer=self.customer(),
            people=() if person is None else (person,),
            staff=self.staff,
            entered=self.now,
            updated=self.now,
        )

    def customer(self) -> Customer:
        """Whose the row is; a company's row is about a firm nobody knew."""
        if self.table is COMPANIES:
            return replace(new_customer(self.rng, self.row_id), site=None, agreement=None)
        company_id = value_at(self.given, "company/id")
        owner = None if company_id is not None else self.owner()
        if owner is not None:
            company_id = value_at(owner, "company/id")
        company = None if company_id is None else self.related(COMPANIES, company_id)
        if company is None:
            return NOBODY
        customer = customer_of(company, self.given.get("agreement"))
        return replace(customer, site=self.given.get("site") or customer.site)

    def person(self) -> Person | None:
        """The contact that was given."""
        row = self.find("contact/id", CONTACTS)
        return None if row is None else person_of(row)

    def member(self) -> Member:
        """The member that was given, or anybody."""
        given = value_at(self.given, "member/id")
        found = (member for member in self.staff if member.id == given)
        return next(found, self.staff[int(self.rng.random() * len(self.staff))])

    def charged(self) -> Row | None:
        """The row that time or money is charged to."""
        row_id = self.given.get("chargeToId")
        table = _CHARGED.get(self.given.get("chargeToType", "ServiceTicket"))
        return None if row_id is None or table is None else self.related(table, row_id)

    def owner(self) -> Row | None:
        """The row that this one hangs on."""
        for path, tables in _HANGING:
            for table in tables:
                row = self.find(path, table)
                if row is not None:
                    return row
        return self.charged()

    def find(self, path: str, table: Table) -> Row | None:
        """The row of `table` whose id the given fields say at `path`."""
        row_id = value_at(self.given, path)
        return None if row_id is None else self.related(table, row_id)
