"""Rows of /company/contacts."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import CONTACTS
from cwp_local.sandbox.world import choices, words
from cwp_local.sandbox.world.dice import chance, guid, maybe, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.links import API
from cwp_local.sandbox.world.people import Customer, Member, Person
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY, midnight

_LINKS = ("communications", "notes", "tickets")
_INACTIVE_SHARE = 0.06
#: An empty object where others have a reference.
_WITHOUT_LOCATION = 0.04
#: A reference that has nothing but `_info`.
_NAMELESS = {"_info": choices.RELATIONSHIPS[0]["_info"]}


def contact_row(
    scene: Scene, person: Person, *, boss: Person | None, default: bool, editor: Member
) -> Row:
    """A contact of the scene's customer.

    `default` marks the one its company names as its own, `boss` is another one of the firm.
    """
    rng = scene.rng
    kind = choices.CONTACT_TYPES[0 if default else 2]
    return {
        **dull(rng, CONTACTS),
        **_identity(rng, person, scene.customer),
        **_standing(rng, person, default=default),
        **_portal(rng, person),
        **({"managerContact": boss.reference, "assistantContact": boss.reference} if boss else {}),
        "companyLocation": {} if chance(rng, _WITHOUT_LOCATION) else scene.customer.location,
        "communicationItems": _communication(person),
        "types": [kind],
        "customFields": custom_fields(rng, CONTACTS),
        "_info": {**scene.info(editor), **_links(person.id)},
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
        **({"site": customer.site} if customer.site else {}),
        "addressLine1": address.get("addressLine1", ""),
        "city": address.get("city", ""),
        "state": address.get("stateIdentifier", ""),
        "zip": address.get("zip", ""),
        "country": choices.COUNTRY,
        "relationship": _NAMELESS if chance(rng, 0.05) else choices.RELATIONSHIPS[0],
        "relationshipOverride": "",
        "department": pick(rng, choices.CONTACT_DEPARTMENTS),
    }


def _standing(rng: Random, person: Person, *, default: bool) -> Row:
    return {
        "inactiveFlag": not default and chance(rng, _INACTIVE_SHARE),
        "title": pick(rng, words.TITLES) + ("\u200b" if chance(rng, 0.01) else ""),
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
            "type": choices.EMAIL_TYPE,
            "value": person.email,
            "defaultFlag": True,
            "domain": "@" + person.email.partition("@")[2],
            "communicationType": "Email",
        },
        {
            "id": 2 * person.id + 1,
            "type": choices.PHONE_TYPE,
            "value": person.phone,
            "defaultFlag": True,
            "communicationType": "Phone",
        },
    ]


def _links(row_id: int) -> Row:
    place = f"{API}/company/contacts/{row_id}"
    return {f"{link}_href": f"{place}/{link}" for link in _LINKS}
