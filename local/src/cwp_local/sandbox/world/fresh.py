"""Rows that come in now, in a company that has rows already."""

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import (
    ACTIVITIES,
    ADDITIONS,
    AGREEMENTS,
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
    USER_DEFINED_FIELDS,
    Table,
)
from cwp_local.sandbox.world import choices, expense_rows, lookups, words
from cwp_local.sandbox.world.agreement_rows import addition_row, agreement_row
from cwp_local.sandbox.world.cases import Case, draw_case
from cwp_local.sandbox.world.company_rows import PROSPECT, company_row
from cwp_local.sandbox.world.configuration_rows import configuration_row
from cwp_local.sandbox.world.contact_rows import contact_row
from cwp_local.sandbox.world.dice import pick
from cwp_local.sandbox.world.firms import Project
from cwp_local.sandbox.world.invoice_rows import invoice_row
from cwp_local.sandbox.world.lookups import Board
from cwp_local.sandbox.world.newborn import NOBODY, Newborn, Related
from cwp_local.sandbox.world.note_rows import note_row
from cwp_local.sandbox.world.people import customer_of, new_person
from cwp_local.sandbox.world.product_rows import product_row, purchase_order_row
from cwp_local.sandbox.world.project_rows import phase_row, project_row
from cwp_local.sandbox.world.project_ticket_rows import project_ticket_row
from cwp_local.sandbox.world.sales_rows import activity_row, opportunity_row, order_row
from cwp_local.sandbox.world.scene import written
from cwp_local.sandbox.world.schedule_rows import schedule_row
from cwp_local.sandbox.world.setup_rows import new_setup_row
from cwp_local.sandbox.world.sheet_rows import Sheets
from cwp_local.sandbox.world.site_rows import NAMES, site_row
from cwp_local.sandbox.world.ticket_rows import ticket_row
from cwp_local.sandbox.world.time_rows import (
    activity_charge,
    draw_hours,
    other_charge,
    ticket_charge,
    time_row,
)
from cwp_local.sandbox.world.times import HOUR
from cwp_local.sandbox.world.worlds import World

#: What a product may be sold under.
_UNDER = ("ticket", "project", "phase", "salesOrder", "opportunity", "agreement")


class Fresh:
    """Makes rows entered at `now`.

    Args:
        world: the world the company was made from; its members do the work.
        rng: decides what the rows say.
        now: when they come in.
    """

    def __init__(self, world: World, rng: Random, now: datetime) -> None:
        self._staff = world.members()
        self._sheets = Sheets(world.reference)
        self._rng = rng
        self._now = int(now.timestamp())

    def row(self, table: Table, row_id: int, related: Related, given: Row) -> Row:
        """A new row of a table.

        Args:
            table: the table.
            row_id: the row's id.
            related: finds stored rows.
            given: fields that are settled: above all what the row hangs on, by full references.

        Returns:
            All that such a row has, with what is given. Beyond that it points to setup rows, to
            members, to its company's main site, and to rows that `related` found.
        """
        newborn = Newborn(table, row_id, related, given, self._rng, self._staff, self._now)
        row = {**self._made(newborn), **given}
        known = {name: value for name, value in row.items() if value != NOBODY.reference}
        return {**known, "id": row_id}

    def _made(self, newborn: Newborn) -> Row:
        table = newborn.table
        if table is TIME_ENTRIES:
            return _entry(newborn, self._sheets)
        if table is TIME_SHEETS:
            return self._sheets.row(newborn.member(), newborn.now, newborn.row_id)
        if table in _MAKERS:
            return _MAKERS[table](newborn)
        info = written(self._now, self._now, self._staff[0].login)
        return new_setup_row(table, newborn.row_id, {} if table is USER_DEFINED_FIELDS else info)


def _company(newborn: Newborn) -> Row:
    scene = newborn.scene()
    return company_row(scene, contact=None, kind=PROSPECT, manager=scene.member())


def _contact(newborn: Newborn) -> Row:
    scene = newborn.scene()
    person = new_person(newborn.rng, newborn.row_id, scene.customer)
    return contact_row(scene, person, boss=None, default=False, editor=scene.member())


def _member(newborn: Newborn) -> Row:
    info = written(newborn.now, newborn.now, newborn.staff[0].login)
    first, last = pick(newborn.rng, words.FIRST_NAMES), pick(newborn.rng, words.LAST_NAMES)
    row = new_setup_row(MEMBERS, newborn.row_id, info)
    return {**row, "firstName": first, "lastName": last, "dailyCapacity": 8.0}


def _named(newborn: Newborn) -> Row:
    return {"id": newborn.row_id, "name": pick(newborn.rng, words.DEALS)}


def _agreement(newborn: Newborn) -> Row:
    kind = lookups.AGREEMENT_TYPES[2]["name"]
    own = {"id": newborn.row_id, "name": kind, "type": kind}
    return agreement_row(newborn.scene(), own)


def _addition(newborn: Newborn) -> Row:
    return addition_row(newborn.scene(), newborn.given.get("agreementId", 0))


def _project(newborn: Newborn) -> Row:
    return project_row(newborn.scene(), _named(newborn))


def _phase(newborn: Newborn) -> Row:
    own = {"id": newborn.row_id, "name": pick(newborn.rng, words.PHASES)}
    return phase_row(newborn.scene(), own, newborn.given.get("projectId", 0), 0)


def _case(newborn: Newborn, board: Board | None) -> Case:
    """A case of the given contact, on the given board if that is one of the world's."""
    given = lookups.BOARD_BY_ID.get(newborn.given.get("board", {}).get("id", 0))
    case = draw_case(newborn.scene(), given or board)
    case.person = newborn.person()
    return case


def _ticket(newborn: Newborn) -> Row:
    return ticket_row(newborn.rng, _case(newborn, None))


def _project_ticket(newborn: Newborn) -> Row:
    case = _case(newborn, lookups.PROJECT_BOARD)
    given = newborn.given
    pointed = given.get("project", {})
    project = Project(pointed.get("id", 0), pointed, (given.get("phase") or {"id": 0},))
    return project_ticket_row(newborn.rng, case, project)


def _note(newborn: Newborn) -> Row:
    return note_row(newborn.scene(), newborn.given.get("ticketId", 0), first=False)


def _schedule(newborn: Newborn) -> Row:
    given = newborn.given
    kind = given.get("type", choices.SERVICE_SCHEDULE)
    activity = kind.get("identifier") == choices.ACTIVITY_SCHEDULE["identifier"]
    about = newborn.find("objectId", ACTIVITIES if activity else TICKETS) or {}
    name = about.get("name") or about.get("summary") or ""
    return schedule_row(
        newborn.scene(), given.get("objectId", 0), name, kind=kind, member=newborn.member()
    )


def _entry(newborn: Newborn, sheets: Sheets) -> Row:
    """Work that ends now."""
    hours = draw_hours(newborn.rng)
    scene, member = newborn.scene(), newborn.member()
    scene.entered -= int(hours * HOUR)
    charged = newborn.charged()
    if charged is None:
        fields = other_charge(scene)
    elif newborn.given.get("chargeToType") == "Activity":
        fields = activity_charge(charged, scene.customer)
    else:
        fields = ticket_charge(charged)
    sheet = sheets.of(member, scene.entered)
    there = newborn.related(TIME_SHEETS, sheet["id"]) is not None
    return time_row(scene, fields, member=member, hours=hours, sheet=sheet if there else None)


def _expense(newborn: Newborn) -> Row:
    charged = newborn.charged()
    ticket = charged if charged and "summary" in charged else None
    fields = expense_rows.ticket_charge(ticket) if ticket else {}
    return expense_rows.expense_row(newborn.scene(), fields, newborn.member())


def _product(newborn: Newborn) -> Row:
    under = {name: newborn.given[name] for name in _UNDER if name in newborn.given}
    return product_row(newborn.scene(), under)


def _purchase_order(newborn: Newborn) -> Row:
    row = newborn.find("vendorCompany/id", COMPANIES)
    return purchase_order_row(newborn.scene(), customer_of(row) if row else NOBODY, None)


_MAKERS: Mapping[Table, Callable[[Newborn], Row]] = {
    MEMBERS: _member,
    COMPANIES: _company,
    SITES: lambda newborn: site_row(newborn.scene(), pick(newborn.rng, NAMES[1:])),
    CONTACTS: _contact,
    CONFIGURATIONS: lambda newborn: configuration_row(newborn.scene()),
    OPPORTUNITIES: lambda newborn: opportunity_row(newborn.scene(), _named(newborn)),
    AGREEMENTS: _agreement,
    ADDITIONS: _addition,
    ORDERS: lambda newborn: order_row(newborn.scene()),
    PROJECTS: _project,
    PHASES: _phase,
    TICKETS: _ticket,
    PROJECT_TICKETS: _project_ticket,
    NOTES: _note,
    ACTIVITIES: lambda newborn: activity_row(newborn.scene()),
    SCHEDULE_ENTRIES: _schedule,
    INVOICES: lambda newborn: invoice_row(newborn.scene()),
    EXPENSES: _expense,
    PRODUCTS: _product,
    PURCHASE_ORDERS: _purchase_order,
}
