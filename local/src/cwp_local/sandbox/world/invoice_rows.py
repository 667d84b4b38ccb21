"""Rows of /finance/invoices, and how other rows point to them."""

from typing import Literal

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import INVOICES
from cwp_local.sandbox.world import choices, ids
from cwp_local.sandbox.world.dice import chance, maybe, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.links import API
from cwp_local.sandbox.world.people import Customer
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY, SPAN, iso, midnight

#: Customers get an invoice for all their work this often.
PERIODS = 6
_PERIOD = SPAN // PERIODS
Target = Literal["All", "Agreement", "Project", "ProjectPhase", "SalesOrder", "Ticket"]
#: The field that repeats what an invoice is applied to.
_FIELDS: dict[Target, str] = {
    "Agreement": "agreement",
    "Project": "project",
    "ProjectPhase": "phase",
    "SalesOrder": "salesOrder",
    "Ticket": "ticket",
}


def invoice_reference(row_id: int, date: str, target: str = "All", kind: str = "Standard") -> Row:
    """How rows point to an invoice; its number is its id."""
    return {
        "id": row_id,
        "identifier": str(row_id),
        "billingType": kind,
        "applyToType": target,
        "invoiceDate": date,
        "chargeFirmFlag": False,
        "_info": {"invoice_href": f"{API}/finance/invoices/{row_id}"},
    }


def period_of(seconds: int, reference: int) -> int:
    """The period, from 0, of the invoice for what was billed then, in a world up to `reference`."""
    return min(PERIODS - 1, max(0, (seconds - (reference - SPAN)) // _PERIOD))


def period_ends(period: int, reference: int) -> int:
    """When a period's invoice is written."""
    return min(reference, reference - SPAN + (period + 1) * _PERIOD)


def period_invoice(customer: Customer, period: int, reference: int) -> Row:
    """How rows point to a customer's invoice for a period."""
    date = midnight(period_ends(period, reference))
    return invoice_reference(ids.invoice(customer.id, period), date)


def invoice_row(
    scene: Scene, *, target: Target = "All", pointed: Row | None = None, number: str | None = None
) -> Row:
    """An invoice to the scene's customer, of the day it was entered.

    `pointed` is the reference to what it is applied to; "All" has none.
    """
    rng, customer = scene.rng, scene.customer
    subtotal = round(100 + rng.random() * 4000, 2)
    tax = round(subtotal * 0.07, 2)
    paid = chance(rng, 0.7)
    return {
        **dull(rng, INVOICES),
        "id": scene.row_id,
        "invoiceNumber": number or str(scene.row_id),
        "type": "Agreement" if target == "Agreement" else "Standard",
        "status": choices.INVOICE_STATUSES[2 if paid else 1],
        **_addressed(customer),
        **_applied(target, pointed),
        **_territory(customer),
        **maybe(rng, 0.3, {"attention": customer.name[:60], "reference": f"R{scene.row_id}"}),
        "billingTerms": pick(rng, choices.BILLING_TERMS),
        "taxCode": choices.TAX_CODES[1],
        "taxableFlag": True,
        "date": midnight(scene.entered),
        "dueDate": midnight(scene.entered + 30 * DAY),
        "serviceTotal": subtotal,
        "subtotal": subtotal,
        "salesTax": tax,
        "total": round(subtotal + tax, 2),
        "payments": round(subtotal + tax, 2) if paid else 0.0,
        "balance": 0.0 if paid else round(subtotal + tax, 2),
        **({"closedBy": scene.staff[0].login} if paid else {}),
        "customFields": custom_fields(rng, INVOICES),
        "_info": {**scene.info(scene.staff[0]), "sentDate": iso(scene.entered)},
    }


def _addressed(customer: Customer) -> Row:
    address = customer.address
    lines = {
        "AddressLine1": address.get("addressLine1", ""),
        "City": address.get("city", ""),
        "State": address.get("stateIdentifier", ""),
        "Zip": address.get("zip", ""),
        "Country": choices.COUNTRY["name"],
    }
    site = customer.site
    sites = {"billingSite": site, "shippingSite": site} if site else {}
    return {
        "company": customer.reference,
        "billToCompany": customer.reference,
        "shipToCompany": customer.reference,
        "accountNumber": f"A{customer.id:06d}",
        **sites,
        **{f"billingSite{name}": value for name, value in lines.items()},
        **{f"shippingSite{name}": value for name, value in lines.items()},
    }


def _applied(target: Target, pointed: Row | None) -> Row:
    if pointed is None:
        return {"applyToType": target}
    return {"applyToType": target, "applyToId": pointed["id"], _FIELDS[target]: pointed}


def _territory(customer: Customer) -> Row:
    unit = {key: value for key, value in customer.department.items() if key != "identifier"}
    return {
        "locationId": customer.location["id"],
        "location": customer.location,
        "departmentId": customer.department["id"],
        "department": unit,
        "territoryId": customer.location["id"],
        "territory": customer.location,
    }
