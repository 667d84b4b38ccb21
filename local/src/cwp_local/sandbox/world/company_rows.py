"""Rows of /company/companies."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world import lookups
from cwp_local.sandbox.world.dice import guid, maybe, pick
from cwp_local.sandbox.world.lookups import API
from cwp_local.sandbox.world.people import Customer, Member, Person
from cwp_local.sandbox.world.times import DAY, iso, midnight

_LINKS = ("contacts", "agreements", "tickets", "sites", "notes")


def company_row(  # noqa: PLR0913 - the parts of one row, all by name
    rng: Random,
    customer: Customer,
    *,
    contact: Person | None,
    manager: Member,
    client: bool,
    entered: int,
    updated: int,
) -> Row:
    """A company; `client` says whether it has tickets, `contact` is its default contact."""
    return {
        **_identity(rng, customer, client=client),
        **_contact(contact),
        **_standing(rng, entered),
        **_billing(rng, customer, contact),
        **_rest(rng, manager, client=client),
        "_info": _info(customer.id, manager, entered, updated),
        "customFields": [
            {
                "id": 4,
                "caption": "Account Tier",
                "type": "Text",
                "entryMethod": "List",
                "numberOfDecimals": 0,
                "value": pick(rng, ("Gold", "Silver", "Bronze")),
            },
            {
                "id": 5,
                "caption": "Renewal Call",
                "type": "Date",
                "entryMethod": "Date",
                "numberOfDecimals": 0,
            },
        ],
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
        "country": lookups.COUNTRY,
        "phoneNumber": customer.phone,
        "faxNumber": "",
        "website": f"www.{customer.identifier.lower()}.example",
        "territory": pick(rng, lookups.LOCATIONS),
        "market": pick(rng, lookups.MARKETS),
        "accountNumber": f"A{customer.id:06d}" if client else "",
    }


def _contact(contact: Person | None) -> Row:
    if contact is None:
        return {}
    return {"defaultContact": contact.reference}


def _standing(rng: Random, entered: int) -> Row:
    return {
        "dateAcquired": midnight(entered - int(rng.random() * 40) * DAY),
        "annualRevenue": round(rng.random() * 9_000_000, 2),
        "numberOfEmployees": 3 + int(rng.random() ** 3 * 400),
        "yearEstablished": 1950 + int(rng.random() * 70),
        "revenueYear": 2024,
        "ownershipType": pick(rng, lookups.OWNERSHIPS),
        "timeZoneSetup": pick(rng, lookups.TIME_ZONES),
        "leadSource": pick(rng, ("", "Referral", "Web", "Trade fair")),
        "leadFlag": False,
        "unsubscribeFlag": False,
        "calendar": lookups.CALENDARS[0],
        "userDefinedField1": "",
        "userDefinedField2": "",
    }


def _billing(rng: Random, customer: Customer, contact: Person | None) -> Row:
    by_contact = {"billingContact": contact.reference} if contact else {}
    return {
        "vendorIdentifier": "",
        "taxIdentifier": "",
        "taxCode": pick(rng, lookups.TAX_CODES),
        "billingTerms": pick(rng, lookups.BILLING_TERMS),
        "invoiceTemplate": lookups.TEMPLATES[0],
        "pricingSchedule": lookups.PRICINGS[0],
        "companyEntityType": pick(rng, lookups.ENTITY_TYPES),
        "billToCompany": customer.reference,
        "billingSite": customer.site,
        **by_contact,
        "invoiceDeliveryMethod": pick(rng, lookups.DELIVERIES),
        "invoiceToEmailAddress": f"billing@{customer.identifier.lower()}.example",
    }


def _rest(rng: Random, manager: Member, *, client: bool) -> Row:
    return {
        "deletedFlag": False,
        "mobileGuid": guid(rng),
        "currency": lookups.CURRENCY,
        "territoryManager": manager.reference,
        "isVendorFlag": False,
        "types": [lookups.COMPANY_TYPES[0 if client else 1]],
        "integratorTags": [],
    }


def _info(row_id: int, manager: Member, entered: int, updated: int) -> Row:
    place = f"{API}/company/companies/{row_id}"
    return {
        "lastUpdated": iso(updated),
        "updatedBy": manager.login,
        "dateEntered": iso(entered),
        "enteredBy": manager.login,
        **{f"{link}_href": f"{place}/{link}" for link in _LINKS},
    }
