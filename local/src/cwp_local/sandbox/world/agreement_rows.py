"""Rows of /finance/agreements and of their additions."""

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import ADDITIONS, AGREEMENTS
from cwp_local.sandbox.world import choices, lookups
from cwp_local.sandbox.world.catalog_rows import GOODS, sold
from cwp_local.sandbox.world.dice import chance, maybe, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.parties import bill_to, looked_after, party, ship_to
from cwp_local.sandbox.world.people import Person
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY, iso, midnight

_CANCELLED = 0.1


def agreement_row(
    scene: Scene, own: Row, *, parent: Row | None = None, opportunity: Row | None = None
) -> Row:
    """An agreement of the scene's customer, whose reference is `own`."""
    rng, customer, person = scene.rng, scene.customer, scene.contact()
    kind = next(one for one in lookups.AGREEMENT_TYPES if one["name"] == own["type"])
    return {
        **dull(rng, AGREEMENTS),
        "id": own["id"],
        "name": own["name"],
        "type": kind,
        **party(customer, person),
        **({"parentAgreement": parent} if parent else {}),
        **({"opportunity": opportunity} if opportunity else {}),
        **looked_after(customer),
        **_term(scene),
        **_billing(scene, person),
        "companyLocation": customer.location,
        "customFields": custom_fields(rng, AGREEMENTS),
        "_info": scene.info(scene.member()),
    }


def _term(scene: Scene) -> Row:
    start = scene.entered + 5 * DAY
    if chance(scene.rng, _CANCELLED):
        return {
            "startDate": midnight(start),
            "endDate": midnight(scene.updated),
            "noEndingDateFlag": False,
            "cancelledFlag": True,
            "dateCancelled": iso(scene.updated),
            "reasonCancelled": pick(scene.rng, ("Price", "Closed down", "")),
            "agreementStatus": "Cancelled",
        }
    return {
        "startDate": midnight(start),
        "noEndingDateFlag": True,
        "cancelledFlag": False,
        "agreementStatus": "Active",
    }


def _billing(scene: Scene, person: Person | None) -> Row:
    rng, customer = scene.rng, scene.customer
    subcontracted = {"subContractCompany": customer.reference}
    if person is not None:
        subcontracted["subContractContact"] = person.reference
    return {
        **bill_to(customer, person),
        **maybe(rng, 0.3, ship_to(customer, person)),
        **maybe(rng, 0.05, subcontracted),
        "applicationUnits": pick(rng, ("Amount", "Hours", "Incidents")),
        "applicationLimit": float(int(rng.random() * 40)),
        "applicationCycle": "CalendarMonth",
        "billingCycle": pick(rng, choices.BILLING_CYCLES),
        "billAmount": 100.0 * (1 + int(rng.random() * 60)),
        "billStartDate": midnight(scene.entered + 5 * DAY),
        "nextInvoiceDate": midnight(scene.updated + 30 * DAY),
        "periodType": "Current",
        "taxCode": pick(rng, choices.TAX_CODES),
        "sla": choices.SLAS[customer.id % 2],
    }


def addition_row(scene: Scene, agreement_id: int, opportunity: Row | None = None) -> Row:
    """Something that an agreement covers by the piece."""
    rng, item = scene.rng, pick(scene.rng, GOODS)
    quantity = float(1 + int(rng.random() ** 2 * 40))
    cancelled = chance(rng, _CANCELLED)
    return {
        **dull(rng, ADDITIONS),
        "id": scene.row_id,
        "product": item.held,
        **sold(item, quantity),
        "billedQuantity": quantity,
        "agreementId": agreement_id,
        "description": item.description,
        "billCustomer": pick(rng, ("Billable", "Billable", "DoNotBill", "NoCharge")),
        "effectiveDate": midnight(scene.entered),
        **({"cancelledDate": midnight(scene.updated)} if cancelled else {}),
        "agreementStatus": "Cancelled" if cancelled else "Active",
        **({"opportunity": opportunity} if opportunity else {}),
        **maybe(rng, 0.2, {"serialNumber": f"SN{scene.row_id:08d}"}),
        "customFields": [],
        "_info": scene.info(scene.member()),
    }
