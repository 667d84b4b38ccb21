"""Rows of /company/companies/{id}/sites."""

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import SITES
from cwp_local.sandbox.world import choices, words
from cwp_local.sandbox.world.dice import guid, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.scene import Scene

#: What a company's sites are called, its main one first.
NAMES = ("Main", "Warehouse", "Branch", "Annex")


def site_row(scene: Scene, name: str) -> Row:
    """A site of the scene's customer; only its main one has the company's own address."""
    rng, customer = scene.rng, scene.customer
    main = name == NAMES[0]
    address = customer.address if main else _elsewhere(scene)
    return {
        **dull(rng, SITES),
        "id": scene.row_id,
        "name": name,
        "addressLine1": address.get("addressLine1", ""),
        "city": address.get("city", ""),
        **_state(address.get("stateIdentifier")),
        "zip": address.get("zip", ""),
        "phoneNumber": customer.phone,
        "primaryAddressFlag": main,
        "defaultShippingFlag": main,
        "defaultBillingFlag": main,
        "defaultMailingFlag": main,
        "mobileGuid": guid(rng),
        "company": customer.reference,
        "customFields": [],
        "_info": scene.info(scene.member()),
    }


def _elsewhere(scene: Scene) -> dict[str, str]:
    city, state, area = pick(scene.rng, words.CITIES)
    street = f"{1 + scene.row_id % 900} {pick(scene.rng, words.STREETS)}"
    return {"addressLine1": street, "city": city, "stateIdentifier": state, "zip": f"{area}01"}


def _state(code: str | None) -> Row:
    state = choices.STATE_BY_CODE.get(code or "")
    return {"stateReference": state} if state else {}
