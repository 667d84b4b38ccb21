"""Rows of /company/companies."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import COMPANIES
from cwp_local.sandbox.world import choices, lookups
from cwp_local.sandbox.world.dice import guid, maybe, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.links import API
from cwp_local.sandbox.world.people import Customer, Member, Person
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY, iso, midnight

#: Places among the company types.
CLIENT, PROSPECT, VENDOR = range(3)
_LINKS = ("contacts", "agreements", "tickets", "sites", "notes")


def company_row(
    scene: Scene,
    *,
    contact: Person | None,
    kind: int,
    manager: Member,
    parent: Row | None = None,
    given_up: bool = False,
) -> Row:
    """A company.

    `contact` is its default contact, `kind` its place among the company types, `parent` the
    reference to the company it belongs to. One that was given up is marked as deleted.
    """
    rng, customer = scene.rng, scene.customer
    return {
        **dull(rng, COMPANIES),
        **_identity(rng, customer, client=kind == CLIENT),
        **({"defaultContact": contact.reference} if contact else {}),
        **({"parentCompany": parent} if parent else {}),
        **_standing(rng, scene.entered),
        **_billing(customer, contact),
        **(_deleted(scene, manager) if given_up else {}),
        "mobileGuid": guid(rng),
        "territoryManager": manager.reference,
        "isVendorFlag": kind == VENDOR,
        "types": [lookups.COMPANY_TYPES[kind]],
        "customFields": custom_fields(rng, COMPANIES),
        "_info": {**scene.info(manager), **_links(customer.id)},
    }


def _identity(rng: Random, customer: Customer, *, client: bool) -> Row:
    address = customer.address
    return {
        "id": customer.id,
        "identifier": customer.identifier,
        "name": customer.name,
        "status": lookups.COMPANY_STATUSES[0],
        "addressLine1": address.get("addressLine1", ""),
        **maybe(rng, 0.3, {"addressLine2": f"Suite {int(rng.random() * 400)}"}),
        "city": address.get("city", ""),
        "state": address.get("stateIdentifier", ""),
        "zip": address.get("zip", ""),
        "country": choices.COUNTRY,
        "phoneNumber": customer.phone,
        "faxNumber": "",
        "website": f"www.{customer.identifier.lower()}.example",
        "territory": customer.location,
        "market": pick(rng, choices.MARKETS),
        "accountNumber": f"A{customer.id:06d}" if client else "",
    }


def _standing(rng: Random, entered: int) -> Row:
    return {
        "dateAcquired": midnight(entered - int(rng.random() * 40) * DAY),
        "annualRevenue": round(rng.random() * 9_000_000, 2),
        "numberOfEmployees": 3 + int(rng.random() ** 3 * 400),
        "yearEstablished": 1950 + int(rng.random() * 70),
        "revenueYear": 2024,
        "ownershipType": pick(rng, choices.OWNERSHIPS),
        "timeZoneSetup": pick(rng, choices.TIME_ZONES),
        "leadSource": pick(rng, ("", "Referral", "Web", "Trade fair")),
        "userDefinedField1": "",
        "userDefinedField2": "",
        "taxCode": pick(rng, choices.TAX_CODES),
        "billingTerms": pick(rng, choices.BILLING_TERMS),
        "companyEntityType": pick(rng, choices.ENTITY_TYPES),
        "invoiceDeliveryMethod": pick(rng, choices.DELIVERIES),
    }


def _deleted(scene: Scene, manager: Member) -> Row:
    """Deleted companies are marked, and stay in lists."""
    return {
        "status": lookups.COMPANY_STATUSES[1],
        "deletedFlag": True,
        "dateDeleted": iso(scene.updated),
        "deletedBy": manager.login,
    }


def _billing(customer: Customer, contact: Person | None) -> Row:
    made = {
        "vendorIdentifier": "",
        "taxIdentifier": "",
        "billToCompany": customer.reference,
        "invoiceToEmailAddress": f"billing@{customer.identifier.lower()}.example",
    }
    if customer.site is not None:
        made |= {"site": customer.site, "billingSite": customer.site}
    return made if contact is None else {**made, "billingContact": contact.reference}


def _links(row_id: int) -> Row:
    place = f"{API}/company/companies/{row_id}"
    return {f"{link}_href": f"{place}/{link}" for link in _LINKS}
