"""What customers have besides tickets: rows of a few firms, each firm's together."""

from collections.abc import Iterator, Sequence
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.pointing import reference_to
from cwp_local.sandbox.tables import (
    ADDITIONS,
    AGREEMENTS,
    COMPANIES,
    CONFIGURATIONS,
    CONTACTS,
    INVOICES,
    OPPORTUNITIES,
    ORDERS,
    PHASES,
    PRODUCTS,
    PROJECTS,
    PURCHASE_ORDERS,
    SITES,
    Table,
)
from cwp_local.sandbox.world import ids, invoice_rows
from cwp_local.sandbox.world.agreement_rows import addition_row, agreement_row
from cwp_local.sandbox.world.company_rows import CLIENT, PROSPECT, VENDOR, company_row
from cwp_local.sandbox.world.configuration_rows import configuration_row
from cwp_local.sandbox.world.contact_rows import contact_row
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.firms import Firm, Firms
from cwp_local.sandbox.world.invoice_rows import PERIODS, Target, invoice_row
from cwp_local.sandbox.world.people import agreement_reference
from cwp_local.sandbox.world.product_rows import product_row, purchase_order_row
from cwp_local.sandbox.world.project_rows import phase_row, project_row
from cwp_local.sandbox.world.sales_rows import opportunity_row, order_row
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.site_rows import NAMES, site_row
from cwp_local.sandbox.world.times import DAY, SPAN
from cwp_local.sandbox.world.worlds import World

Made = Iterator[tuple[Table, Row]]

_SUBSIDIARIES = 0.05
#: The share of prospects that are deleted, which for companies is a mark and no more.
_GIVEN_UP = 0.2
_SITES = (1, 1, 1, 1, 2, 3)
_CONFIGURATIONS = (0, 1, 2, 2, 3, 4, 6)
_ADDITIONS = (0, 1, 2, 2, 3, 5)
_SECOND_AGREEMENT = 0.2
_ORDERS, _PURCHASES = 0.4, 0.5
_FOR_ORDER, _FOR_AGREEMENT, _FOR_PROJECT = PERIODS, PERIODS + 1, PERIODS + 2


class FirmBlock:
    """Makes the rows of single firms.

    Args:
        world: what rows depend on.
        firms: the world's.
        rng: decides what the rows say.
    """

    def __init__(self, world: World, firms: Firms, rng: Random) -> None:
        self._world = world
        self._firms = firms
        self._staff = world.members()
        self._rng = rng

    def vendor(self, number: int) -> Made:
        """A firm that sells to the provider."""
        yield from self._company(self._firms.vendor(number), VENDOR, None)

    def customer(self, number: int) -> Made:
        """A customer, and all it has."""
        firm = self._firms[number]
        client = number < self._firms.clients
        part_of = number > 0 and chance(self._rng, _SUBSIDIARIES)
        parent = self._firms[number - 1].customer.reference if part_of else None
        yield from self._company(firm, CLIENT if client else PROSPECT, parent)
        devices = list(self._configurations(firm))
        yield from devices
        yield from self._contracts(firm)
        if client:
            yield from self._bills(firm)
        yield from self._order(firm, [row["id"] for _, row in devices[:2]])
        yield from self._projects(firm)
        yield from self._special_bills(firm)
        if chance(self._rng, _PURCHASES):
            vendor = self._firms.vendor(firm.customer.id)
            row_id = ids.purchase_order(firm.customer.id)
            made = purchase_order_row(self._scene(firm, row_id), vendor.customer, vendor.people[0])
            yield PURCHASE_ORDERS, made

    def _scene(self, firm: Firm, row_id: int) -> Scene:
        """A row entered before the span of tickets, updated within it."""
        draw, reference = self._rng.random(), self._world.reference
        return Scene(
            rng=self._rng,
            row_id=row_id,
            customer=firm.customer,
            people=firm.people,
            staff=self._staff,
            entered=reference - SPAN - DAY - int(draw * SPAN),
            updated=reference - int(self._rng.random() ** 2 * SPAN),
        )

    def _dated(self, firm: Firm, row_id: int, at: int) -> Scene:
        """A row entered at some time, and updated soon after."""
        scene = self._scene(firm, row_id)
        scene.entered = at
        scene.updated = min(self._world.reference, at + int(self._rng.random() * 20 * DAY))
        return scene

    def _company(self, firm: Firm, kind: int, parent: Row | None) -> Made:
        customer, people = firm.customer, firm.people
        scene = self._scene(firm, customer.id)
        made = company_row(
            scene,
            contact=people[0],
            kind=kind,
            manager=scene.member(),
            parent=parent,
            given_up=kind == PROSPECT and chance(self._rng, _GIVEN_UP),
        )
        yield COMPANIES, made
        for place in range(pick(self._rng, _SITES)):
            scene = self._scene(firm, ids.site(customer.id, place))
            yield SITES, site_row(scene, NAMES[place])
        for person in people:
            first = person is people[0]
            scene = self._scene(firm, person.id)
            boss = None if first or chance(self._rng, 0.6) else people[0]
            made = contact_row(scene, person, boss=boss, default=first, editor=scene.member())
            yield CONTACTS, made

    def _configurations(self, firm: Firm) -> Made:
        company_id, first = firm.customer.id, None
        vendor = self._firms.vendor(company_id).customer.reference
        for place in range(pick(self._rng, _CONFIGURATIONS)):
            scene = self._scene(firm, ids.configuration(company_id, place))
            parent = first if chance(self._rng, 0.2) else None
            yield CONFIGURATIONS, configuration_row(scene, vendor=vendor, parent_id=parent)
            first = first or scene.row_id

    def _contracts(self, firm: Firm) -> Made:
        customer, opportunity = firm.customer, firm.opportunity
        if opportunity:
            scene = self._scene(firm, opportunity["id"])
            yield OPPORTUNITIES, opportunity_row(scene, opportunity)
        if customer.agreement is None:
            return
        own, parent = customer.agreement, None
        for place in range(1 + chance(self._rng, _SECOND_AGREEMENT)):
            if place:
                parent = own
                own = agreement_reference(ids.agreement(customer.id, place), "Backup")
            scene = self._scene(firm, own["id"])
            made = agreement_row(scene, own, parent=parent, opportunity=opportunity)
            yield AGREEMENTS, made
            for number in range(pick(self._rng, _ADDITIONS)):
                scene = self._scene(firm, ids.addition(own["id"], number))
                yield ADDITIONS, addition_row(scene, own["id"], opportunity)

    def _order(self, firm: Firm, configuration_ids: Sequence[int]) -> Made:
        if not chance(self._rng, _ORDERS):
            return
        company_id = firm.customer.id
        product_ids = [ids.product(company_id, n) for n in range(1 + int(self._rng.random() * 3))]
        order = order_row(
            self._scene(firm, ids.order(company_id)),
            opportunity=firm.opportunity,
            product_ids=product_ids,
            invoice_ids=[ids.invoice(company_id, _FOR_ORDER)],
            configuration_ids=configuration_ids,
        )
        yield ORDERS, order
        own = reference_to("SalesOrderReference", ORDERS, order)
        invoice = self._invoice(firm, _FOR_ORDER, "SalesOrder", own)
        yield INVOICES, invoice
        targets = {
            "salesOrder": own,
            "invoice": reference_to("InvoiceReference", INVOICES, invoice),
        }
        if firm.opportunity:
            targets["opportunity"] = firm.opportunity
        vendor = self._firms.vendor(company_id).customer.reference
        for row_id in product_ids:
            yield PRODUCTS, product_row(self._scene(firm, row_id), targets, vendor=vendor)

    def _projects(self, firm: Firm) -> Made:
        for place, project in enumerate(firm.projects):
            scene = self._scene(firm, project.id)
            yield PROJECTS, project_row(scene, project.reference, opportunity=firm.opportunity)
            for number, phase in enumerate(project.phases):
                parent = project.phases[0] if number and chance(self._rng, 0.2) else None
                scene = self._scene(firm, phase["id"])
                yield (
                    PHASES,
                    phase_row(
                        scene,
                        phase,
                        project.id,
                        number,
                        parent=parent,
                        opportunity=firm.opportunity,
                    ),
                )
            if place == 0:
                row_id = ids.product(firm.customer.id, 5)
                targets = {"project": project.reference, "phase": project.phases[0]}
                yield PRODUCTS, product_row(self._scene(firm, row_id), targets)

    def _bills(self, firm: Firm) -> Made:
        customer, reference = firm.customer, self._world.reference
        for period in range(PERIODS):
            written = invoice_rows.period_ends(period, reference)
            row_id = ids.invoice(customer.id, period)
            yield INVOICES, invoice_row(self._dated(firm, row_id, written))

    def _special_bills(self, firm: Firm) -> Made:
        customer = firm.customer
        if customer.agreement:
            yield INVOICES, self._invoice(firm, _FOR_AGREEMENT, "Agreement", customer.agreement)
            scene = self._scene(firm, ids.product(customer.id, 6))
            yield PRODUCTS, product_row(scene, {"agreement": customer.agreement})
        if firm.projects:
            whole = chance(self._rng, 0.5)
            target: Target = "Project" if whole else "ProjectPhase"
            project = firm.projects[0]
            pointed = project.reference if whole else project.phases[0]
            yield INVOICES, self._invoice(firm, _FOR_PROJECT, target, pointed)

    def _invoice(self, firm: Firm, place: int, target: Target, pointed: Row) -> Row:
        at = self._world.reference - int(self._rng.random() * SPAN)
        scene = self._dated(firm, ids.invoice(firm.customer.id, place), at)
        return invoice_row(scene, target=target, pointed=pointed)
