"""Rows of /company/contacts."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world import lookups, words
from cwp_local.sandbox.world.dice import chance, guid, maybe, pick
from cwp_local.sandbox.world.lookups import API
from cwp_local.sandbox.world.people import Customer, Member, Person
from cwp_local.sandbox.world.times import DAY, iso, midnight

_LINKS = ("communications", "notes", "tickets")
_INACTIVE_SHARE = 0.06


def contact_row(  # noqa: PLR0913 - the parts of one row, all by name
    rng: Random,
    person: Person,
    customer: Customer,
    *,
    default: bool,
    editor: Member,
    entered: int,
    updated: int,
) -> Row:
    """A contact of `customer`; `default` marks the one its company names as its own."""
    kind = lookups.CONTACT_TYPES[0 if default else 2]
    return {
        **_identity(rng, person, customer),
        **_standing(rng, person, default=default),
        **_portal(rng, person),
        "companyLocation": pick(rng, lookups.LOCATIONS),
        "communicationItems": _communication(person),
        "types": [kind],
        "integratorTags": [],
        "customFields": [
            {
                "id": 12,
                "caption": "Where to find",
                "type": "Text",
                "entryMethod": "EntryField",
                "numberOfDecimals": 0,
                "value": pick(rng, words.RESIDES),
            }
        ],
        "_info": _info(person.id, editor, entered, updated),
        "typeIds": [kind["id"]],
    }


def _identity(rng: Random, person: Person, customer: Customer) -> Row:
    first, _, last = person.name.partition(" ")
    address = customer.address
    return {
        "id": person.id,
        "firstName": first,
        "lastName": last,
        "company": customer.reference,
        "site": customer.site,
        "addressLine1": address.get("addressLine1", ""),
        "city": address.get("city", ""),
        "state": address.get("stateIdentifier", ""),
        "zip": address.get("zip", ""),
        "country": lookups.COUNTRY,
        "relationship": lookups.RELATIONSHIPS[0],
        "relationshipOverride": "",
        "department": pick(rng, lookups.CONTACT_DEPARTMENTS),
    }


def _standing(rng: Random, person: Person, *, default: bool) -> Row:
    return {
        "inactiveFlag": not default and chance(rng, _INACTIVE_SHARE),
        "title": pick(rng, words.TITLES),
        "nickName": "",
        "marriedFlag": False,
        "childrenFlag": False,
        "unsubscribeFlag": False,
        **maybe(rng, 0.2, {"gender": pick(rng, ("Female", "Male"))}),
        **maybe(rng, 0.1, {"birthDay": midnight(int(rng.random() * 10_000) * DAY)}),
        "presence": "NoAgent",
        "mobileGuid": person.reference["_info"]["mobileGuid"] or guid(rng),
        "defaultPhoneType": "Direct",
        "defaultPhoneNbr": person.phone,
        "defaultBillingFlag": default,
        "defaultFlag": default,
    }


def _portal(rng: Random, person: Person) -> Row:
    return {
        "securityIdentifier": f"portal-{person.id}",
        "portalPassword": f"made-up-{rng.getrandbits(40):010x}",
        "portalSecurityLevel": 1 + int(rng.random() * 6),
        "disablePortalLoginFlag": chance(rng, 0.4),
    }


def _communication(person: Person) -> list[Row]:
    return [
        {
            "id": 2 * person.id,
            "type": lookups.EMAIL_TYPE,
            "value": person.email,
            "defaultFlag": True,
            "domain": "@" + person.email.partition("@")[2],
            "communicationType": "Email",
        },
        {
            "id": 2 * person.id + 1,
            "type": lookups.PHONE_TYPE,
            "value": person.phone,
            "defaultFlag": True,
            "communicationType": "Phone",
        },
    ]


def _info(row_id: int, editor: Member, entered: int, updated: int) -> Row:
    place = f"{API}/company/contacts/{row_id}"
    return {
        "lastUpdated": iso(updated),
        "updatedBy": editor.login,
        "dateEntered": iso(entered),
        "enteredBy": editor.login,
        **{f"{link}_href": f"{place}/{link}" for link in _LINKS},
    }
