"""Tickets and the work on them: rows of a slice of time, each ticket's together."""

from collections.abc import Iterator, Mapping

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.pointing import reference_to
from cwp_local.sandbox.tables import (
    ACTIVITIES,
    EXPENSES,
    INVOICES,
    NOTES,
    PRODUCTS,
    PROJECT_TICKETS,
    SCHEDULE_ENTRIES,
    TICKETS,
    TIME_ENTRIES,
    Table,
)
from cwp_local.sandbox.world import choices, expense_rows, lookups
from cwp_local.sandbox.world.cases import Case, age_case, draw_case
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.firms import Firm, Firms
from cwp_local.sandbox.world.ids import Range, spread
from cwp_local.sandbox.world.invoice_rows import invoice_row, period_invoice, period_of
from cwp_local.sandbox.world.kinship import Relation, kin
from cwp_local.sandbox.world.note_rows import note_row
from cwp_local.sandbox.world.people import Member
from cwp_local.sandbox.world.product_rows import product_row
from cwp_local.sandbox.world.project_ticket_rows import project_ticket_row
from cwp_local.sandbox.world.sales_rows import activity_row
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.schedule_rows import schedule_row
from cwp_local.sandbox.world.sheet_rows import Sheets
from cwp_local.sandbox.world.ticket_rows import ticket_row
from cwp_local.sandbox.world.time_rows import (
    BILLED_AFTER,
    activity_charge,
    draw_hours,
    ticket_charge,
    time_row,
)
from cwp_local.sandbox.world.times import DAY, HOUR, SPAN, in_working_hours
from cwp_local.sandbox.world.worlds import World

Made = Iterator[tuple[Table, Row]]

#: Tickets of one slice.
SLICE = 1000
#: First id, and the most rows per ticket.
_IDS: Mapping[Table, tuple[int, int]] = {
    TICKETS: (20_000, 2),
    NOTES: (70_000, 6),
    ACTIVITIES: (8_000, 1),
    SCHEDULE_ENTRIES: (12_000, 2),
    INVOICES: (1_000_000, 1),
    TIME_ENTRIES: (50_000, 12),
    EXPENSES: (4_000, 2),
    PRODUCTS: (1_000_000, 1),
}
_PROJECT_SHARE, _OPPORTUNITY_SHARE = 0.06, 0.03
_ENTRIES = (0, 1, 1, 2, 2, 2, 3, 3, 5)
_NOTES = (0, 0, 0, 0, 0, 1, 1, 1, 2, 3)
_SCHEDULED, _ACTIVE, _EXPENSES, _PRODUCTS, _BILLED = 0.12, 0.02, 0.04, 0.03, 0.006


class WorkBlock:
    """Makes the rows of one slice: tickets `SLICE * number` and the next.

    Args:
        world: what rows depend on.
        firms: the world's.
        number: the slice's, from 0.
    """

    def __init__(self, world: World, firms: Firms, number: int) -> None:
        self._world = world
        self._now = world.reference
        self._firms = firms
        self._first = number * SLICE
        self._staff = world.members()
        self._sheets = Sheets(world.reference)
        self._rng = world.rng(f"work:{number}")
        self._ids = {
            table: Range(first + number * spread(SLICE * most), SLICE * most)
            for table, (first, most) in _IDS.items()
        }

    def rows(self) -> Made:
        """The slice's rows, its tickets in the order they came in."""
        rng = self._rng
        count = min(SLICE, self._world.tickets - self._first)
        relations = kin(rng, [self._firms.draw(rng) for _ in range(count)])
        for place, relation in enumerate(relations):
            entered = self._entered(self._first + place)
            yield from self._ticket(self._firms[relation.firm], entered, relation)
            if chance(rng, _PROJECT_SHARE):
                yield from self._project_ticket(self._firms[self._firms.draw(rng)], entered)

    def _entered(self, place: int) -> int:
        spot = self._now - SPAN + SPAN * (place + self._rng.random()) / self._world.tickets
        return min(in_working_hours(self._rng, spot), self._now - HOUR)

    def _scene(self, firm: Firm, table: Table, entered: int, updated: int | None = None) -> Scene:
        """A new row of a table, last touched when it was entered, if nothing else is said."""
        return Scene(
            rng=self._rng,
            row_id=self._ids[table].take(),
            customer=firm.customer,
            people=firm.people,
            staff=self._staff,
            entered=entered,
            updated=entered if updated is None else updated,
        )

    def _ticket(self, firm: Firm, entered: int, relation: Relation) -> Made:
        rng = self._rng
        case = draw_case(self._scene(firm, TICKETS, entered))
        age_case(rng, case, self._now)
        relation.settle(case)
        if firm.opportunity and chance(rng, _OPPORTUNITY_SHARE):
            case.opportunity = firm.opportunity
        spans = self._spans(case)
        case.hours = sum((hours for _, hours in spans), 0.0)
        row = ticket_row(rng, case)
        yield TICKETS, row
        for place in range(pick(rng, _NOTES)):
            yield NOTES, self._note(firm, case, first=place == 0)
        yield from self._agenda(firm, case)
        yield from self._entries(firm, case, row, spans)
        yield from self._goods(firm, case)

    def _project_ticket(self, firm: Firm, entered: int) -> Made:
        if not firm.projects:
            return
        scene = self._scene(firm, TICKETS, entered)
        case = draw_case(scene, lookups.PROJECT_BOARD)
        age_case(self._rng, case, self._now)
        case.opportunity = firm.opportunity
        spans = self._spans(case)
        case.hours = sum((hours for _, hours in spans), 0.0)
        row = project_ticket_row(self._rng, case, pick(self._rng, firm.projects))
        yield PROJECT_TICKETS, row
        yield from self._entries(firm, case, row, spans)

    def _spans(self, case: Case) -> list[tuple[int, float]]:
        """Start and hours of the work done on a case."""
        rng, spans = self._rng, []
        if case.status.rank == 0:
            return []
        until = min(case.closed or self._now, case.entered + 30 * DAY)
        for _ in range(pick(rng, _ENTRIES)):
            hours = draw_hours(rng)
            latest = max(case.entered, min(until, self._now - int(hours * HOUR)))
            spans.append((case.entered + int(rng.random() * (latest - case.entered)), hours))
        return spans

    def _note(self, firm: Firm, case: Case, *, first: bool) -> Row:
        until = case.closed or self._now
        later = case.entered + int(self._rng.random() * min(until - case.entered, 20 * DAY))
        scene = self._scene(firm, NOTES, case.entered if first else later)
        return note_row(scene, case.id, first=first)

    def _agenda(self, firm: Firm, case: Case) -> Made:
        rng = self._rng
        if case.status.rank and chance(rng, _SCHEDULED):
            scene = self._scene(firm, SCHEDULE_ENTRIES, case.entered, case.updated)
            kind = choices.SERVICE_SCHEDULE
            yield (
                SCHEDULE_ENTRIES,
                schedule_row(scene, case.id, case.summary, kind=kind, member=case.owner),
            )
        if chance(rng, _ACTIVE):
            scene = self._scene(firm, ACTIVITIES, case.entered, case.updated)
            about = case.reference if chance(rng, 0.6) else None
            row = activity_row(scene, ticket=about, opportunity=firm.opportunity)
            yield ACTIVITIES, row
            yield from self._activity_work(firm, case, row)

    def _activity_work(self, firm: Firm, case: Case, row: Row) -> Made:
        scene = self._scene(firm, SCHEDULE_ENTRIES, case.entered, case.updated)
        kind = choices.ACTIVITY_SCHEDULE
        yield (
            SCHEDULE_ENTRIES,
            schedule_row(scene, row["id"], row["name"], kind=kind, member=case.owner),
        )
        if chance(self._rng, 0.5):
            hours = draw_hours(self._rng)
            charged = activity_charge(row, firm.customer)
            start = min(case.entered, self._now - int(hours * HOUR))
            yield TIME_ENTRIES, self._entry(firm, charged, case.owner, start, hours)

    def _entries(self, firm: Firm, case: Case, row: Row, spans: list[tuple[int, float]]) -> Made:
        if not spans:
            return
        rng, charged = self._rng, ticket_charge(row)
        for start, hours in spans:
            member = case.owner if chance(rng, 0.8) else pick(rng, self._staff)
            yield TIME_ENTRIES, self._entry(firm, charged, member, start, hours)
        if chance(rng, _EXPENSES):
            start = spans[0][0]
            updated = self._touched(start)
            scene = self._scene(firm, EXPENSES, start, updated)
            invoice = self._invoice(firm, start, updated)
            yield (
                EXPENSES,
                expense_rows.expense_row(
                    scene, expense_rows.ticket_charge(row), case.owner, invoice
                ),
            )

    def _entry(self, firm: Firm, charged: Row, member: Member, start: int, hours: float) -> Row:
        updated = self._touched(start + int(hours * HOUR))
        return time_row(
            self._scene(firm, TIME_ENTRIES, start, updated),
            charged,
            member=member,
            hours=hours,
            sheet=self._sheets.of(member, start),
            invoice=self._invoice(firm, start, updated),
        )

    def _touched(self, end: int) -> int:
        """When an entry was last changed: on the invoice, or soon after the work."""
        rng, now = self._rng, self._now
        billed = end + BILLED_AFTER + int(rng.random() * 30 * DAY)
        if billed < now and chance(rng, 0.8):
            return billed
        return max(min(now, end), min(now, end + int(rng.random() * 2 * DAY)))

    def _invoice(self, firm: Firm, start: int, updated: int) -> Row | None:
        """The invoice that work was billed on, which was touched by it."""
        if updated - start <= BILLED_AFTER:
            return None
        return period_invoice(firm.customer, period_of(updated, self._now), self._now)

    def _goods(self, firm: Firm, case: Case) -> Made:
        rng = self._rng
        targets = {"ticket": case.reference}
        if case.closed and chance(rng, _BILLED):
            scene = self._scene(firm, INVOICES, case.closed, max(case.closed, case.updated))
            invoice = invoice_row(scene, target="Ticket", pointed=case.reference)
            yield INVOICES, invoice
            targets["invoice"] = reference_to("InvoiceReference", INVOICES, invoice)
        if "invoice" in targets or chance(rng, _PRODUCTS):
            scene = self._scene(firm, PRODUCTS, case.entered, case.updated)
            vendor = self._firms.vendor(firm.customer.id).customer.reference
            yield PRODUCTS, product_row(scene, targets, vendor=vendor)
