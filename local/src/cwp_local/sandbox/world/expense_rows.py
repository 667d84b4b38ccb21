"""Rows of /expense/entries: what members paid for the work on a ticket."""

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import EXPENSES
from cwp_local.sandbox.world import choices
from cwp_local.sandbox.world.dice import guid, maybe, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.parties import placed
from cwp_local.sandbox.world.people import Member
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.time_rows import charge
from cwp_local.sandbox.world.times import midnight


def expense_row(scene: Scene, charged: Row, member: Member, invoice: Row | None = None) -> Row:
    """An expense of the scene's customer, billed if there is an `invoice`.

    `charged` are the fields of what it is charged to, `ticket_charge`.
    """
    rng = scene.rng
    amount = round(3 + rng.random() * 90, 2)
    driven = float(int(rng.random() * 50_000))
    return {
        **dull(rng, EXPENSES),
        "id": scene.row_id,
        "company": scene.customer.reference,
        **charged,
        "type": pick(rng, choices.EXPENSE_TYPES),
        "member": member.reference,
        "paymentMethod": pick(rng, choices.PAYMENT_METHODS),
        "classification": pick(rng, choices.CLASSIFICATIONS),
        "amount": amount,
        "billableOption": "Billable",
        "date": midnight(scene.entered),
        **placed(scene.customer),
        "notes": pick(rng, ("", "Parking at the site", "Drive to the site")),
        "invoiceAmount": amount,
        "billAmount": amount,
        **maybe(rng, 0.4, {"odometerStart": driven, "odometerEnd": driven + 30}),
        "mobileGuid": guid(rng),
        "taxes": [_tax(scene.row_id, place, amount) for place in range(int(rng.random() * 3))],
        **({"invoice": invoice} if invoice else {}),
        "status": "Billed" if invoice else pick(rng, ("Open", "PendingApproval")),
        "customFields": [],
        "_info": scene.info(member),
    }


def ticket_charge(ticket: Row) -> Row:
    """What expenses say of the ticket row they are charged to."""
    agreement = ticket.get("agreement")
    return {**charge(ticket), **({"agreement": agreement} if agreement else {})}


def _tax(row_id: int, place: int, amount: float) -> Row:
    return {
        "id": 2 * row_id + place,
        "amount": round(amount * 0.03, 2),
        "type": choices.EXPENSE_TAX_TYPES[place],
    }
