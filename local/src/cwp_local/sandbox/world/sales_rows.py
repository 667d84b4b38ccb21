"""Rows of /sales/opportunities, /sales/activities and /sales/orders."""

from collections.abc import Sequence

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import ACTIVITIES, OPPORTUNITIES, ORDERS
from cwp_local.sandbox.world import choices, words
from cwp_local.sandbox.world.dice import chance, guid, maybe, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.parties import bill_to, looked_after, party, placed, ship_to
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY, HOUR, iso, midnight

_CLOSED_SHARE = 0.6


def opportunity_row(scene: Scene, own: Row) -> Row:
    """An opportunity at the scene's customer, whose reference is `own`."""
    rng, customer, person = scene.rng, scene.customer, scene.contact()
    closed = chance(rng, _CLOSED_SHARE)
    ended = {"closedDate": iso(scene.updated), "closedBy": scene.member().reference}
    return {
        **dull(rng, OPPORTUNITIES),
        "id": own["id"],
        "name": own["name"],
        **party(customer, person),
        **placed(customer),
        **({"technicalContact": person.reference} if person else {}),
        **bill_to(customer, person),
        **maybe(rng, 0.3, ship_to(customer, person)),
        "stage": pick(rng, choices.OPPORTUNITY_STAGES),
        "status": choices.OPPORTUNITY_STATUSES[1 if closed else 0],
        "priority": pick(rng, choices.OPPORTUNITY_PRIORITIES),
        "probability": pick(rng, choices.PROBABILITIES),
        "primarySalesRep": scene.member().reference,
        **maybe(rng, 0.2, {"secondarySalesRep": scene.member().reference}),
        "source": pick(rng, ("", "Referral", "Web")),
        "notes": "",
        "expectedCloseDate": midnight(scene.entered + 60 * DAY),
        "dateBecameLead": midnight(scene.entered),
        "pipelineChangeDate": midnight(scene.updated),
        **(ended if closed else {}),
        "companyLocationId": customer.location["id"],
        "customFields": custom_fields(rng, OPPORTUNITIES),
        "_info": scene.info(scene.member()),
    }


def activity_row(scene: Scene, *, ticket: Row | None = None, opportunity: Row | None = None) -> Row:
    """Something that somebody is to do, for a ticket or an opportunity or neither."""
    rng, customer, person = scene.rng, scene.customer, scene.person()
    kind = pick(rng, choices.ACTIVITY_TYPES)
    who = {
        "contact": person.reference,
        "phoneNumber": person.phone,
        "email": person.email,
    } if person else {}  # fmt: skip
    return {
        **dull(rng, ACTIVITIES),
        "id": scene.row_id,
        "name": f"{kind['name']}: {pick(rng, words.DEALS)}",
        "type": kind,
        "company": customer.reference,
        **who,
        **({"ticket": ticket} if ticket else {}),
        **({"opportunity": opportunity} if opportunity else {}),
        **({"agreement": customer.agreement} if customer.agreement else {}),
        "status": pick(rng, choices.ACTIVITY_STATUSES),
        "notes": "",
        "dateStart": iso(scene.entered + 2 * DAY),
        "dateEnd": iso(scene.entered + 2 * DAY + HOUR),
        "assignedBy": scene.member().reference,
        "assignTo": scene.member().reference,
        "mobileGuid": guid(rng),
        "customFields": [],
        "_info": scene.info(scene.member()),
    }


def order_row(
    scene: Scene,
    *,
    opportunity: Row | None = None,
    product_ids: Sequence[int] = (),
    invoice_ids: Sequence[int] = (),
    configuration_ids: Sequence[int] = (),
) -> Row:
    """An order by the scene's customer."""
    rng, customer, person = scene.rng, scene.customer, scene.person()
    subtotal = round(200 + rng.random() * 9000, 2)
    tax = round(subtotal * 0.07, 2)
    return {
        **dull(rng, ORDERS),
        "id": scene.row_id,
        **party(customer, person),
        **({"phone": person.phone, "email": person.email} if person else {}),
        **bill_to(customer, person),
        **ship_to(customer, person),
        **looked_after(customer),
        "companyLocation": customer.location,
        "status": pick(rng, choices.ORDER_STATUSES),
        **({"opportunity": opportunity} if opportunity else {}),
        "orderDate": midnight(scene.entered),
        "dueDate": midnight(scene.entered + 14 * DAY),
        "poNumber": f"PO-{scene.row_id}",
        "salesRep": scene.member().reference,
        "productIds": list(product_ids),
        "invoiceIds": list(invoice_ids),
        "configIds": list(configuration_ids),
        "subTotal": subtotal,
        "taxTotal": tax,
        "total": round(subtotal + tax, 2),
        "customFields": [],
        "_info": scene.info(scene.member()),
    }
