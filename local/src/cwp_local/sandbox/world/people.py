"""Who takes part: the provider's own members, its customers, and their contacts.

These are the facts that rows of several tables repeat. They can be read back from stored rows,
so that later changes fit what the generator made.
"""

from dataclasses import dataclass
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world import words
from cwp_local.sandbox.world.dice import guid, pick
from cwp_local.sandbox.world.lookups import API, reference

_FEWEST_MEMBERS, _MOST_MEMBERS = 6, 60
_TICKETS_PER_MEMBER = 400
_FIRST_SITE, _FIRST_AGREEMENT = 20_000, 5_000
#: Seven customers in ten have an agreement.
_AGREEMENTS_IN_TEN = 7


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works at the provider."""

    login: str
    reference: Row
    hourly_cost: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A company, as far as other rows repeat it. `address` has the spelling of tickets."""

    id: int
    identifier: str
    name: str
    address: dict[str, str]
    phone: str
    reference: Row
    site: Row
    agreement: Row | None


@dataclass(frozen=True, slots=True)
class Person:
    """A contact, as far as other rows repeat it."""

    id: int
    name: str
    phone: str
    email: str
    reference: Row


def members(seed: int, tickets: int) -> tuple[Member, ...]:
    """The provider's staff, the same for the same arguments."""
    rng = Random(f"members:{seed}")  # noqa: S311 - made-up data
    count = min(_MOST_MEMBERS, max(_FEWEST_MEMBERS, tickets // _TICKETS_PER_MEMBER))
    return tuple(_member(rng, row_id) for row_id in range(150, 150 + count))


def _member(rng: Random, row_id: int) -> Member:
    first, last = pick(rng, words.FIRST_NAMES), pick(rng, words.LAST_NAMES)
    login = f"{first[0]}{last[:6]}{row_id}".replace("'", "")
    made = {
        "id": row_id,
        "identifier": login,
        "name": f"{first} {last}",
        "dailyCapacity": 8.0,
        "_info": {"member_href": f"{API}/system/members/{row_id}"},
    }
    return Member(login, made, f"{25 + int(rng.random() * 40)}.{pick(rng, ('00', '50'))}")


def new_customer(rng: Random, row_id: int) -> Customer:
    """A made-up firm. Its id keeps name and identifier apart from all others."""
    place, trade = pick(rng, words.FIRM_PLACES), pick(rng, words.FIRM_TRADES)
    city, state, area = pick(rng, words.CITIES)
    address = {
        "addressLine1": f"{1 + int(rng.random() * 980)} {pick(rng, words.STREETS)}",
        "city": city,
        "stateIdentifier": state,
        "zip": f"{area}{int(rng.random() * 100):02d}",
    }
    name = f"{place} {trade} {row_id}{pick(rng, words.FIRM_FORMS)}"
    return _customer(row_id, f"{place}{trade}"[:24].replace(" ", "") + str(row_id), name, address)


def customer_of(company: Row) -> Customer:
    """The facts of a stored company row."""
    names = {"addressLine1": "addressLine1", "city": "city", "state": "stateIdentifier"}
    names["zip"] = "zip"
    address = {name: company[key] for key, name in names.items() if key in company}
    return _customer(company["id"], company["identifier"], company["name"], address)


def _customer(row_id: int, identifier: str, name: str, address: dict[str, str]) -> Customer:
    return Customer(
        id=row_id,
        identifier=identifier,
        name=name,
        address=address,
        phone=f"813555{row_id % 10_000:04d}",
        reference={
            "id": row_id,
            "identifier": identifier,
            "name": name,
            "_info": {"company_href": f"{API}/company/companies/{row_id}"},
        },
        site=reference("site", f"company/companies/{row_id}/sites", _FIRST_SITE + row_id, "Main"),
        agreement=_agreement(row_id) if row_id % 10 < _AGREEMENTS_IN_TEN else None,
    )


def _agreement(company_id: int) -> Row:
    row_id = _FIRST_AGREEMENT + company_id
    return reference(
        "agreement",
        "finance/agreements",
        row_id,
        "Managed Services",
        type="Managed Services",
        chargeFirmFlag=False,
    )


def new_person(rng: Random, row_id: int, customer: Customer) -> Person:
    """Somebody made up who works at `customer`."""
    first, last = pick(rng, words.FIRST_NAMES), pick(rng, words.LAST_NAMES)
    mailbox = f"{first[0]}.{last}{row_id}".lower().encode("ascii", "ignore").decode()
    email = f"{mailbox.replace(chr(39), '')}@{customer.identifier.lower()}.example"
    return person(row_id, f"{first} {last}", f"727555{row_id % 10_000:04d}", email, guid(rng))


def person_of(contact: Row) -> Person:
    """The facts of a stored contact row."""
    items = contact.get("communicationItems", [])
    email = next((i["value"] for i in items if i["communicationType"] == "Email"), "")
    name = " ".join(filter(None, (contact["firstName"], contact.get("lastName"))))
    phone = contact.get("defaultPhoneNbr", "")
    return person(contact["id"], name, phone, email, contact.get("mobileGuid", ""))


def person(row_id: int, name: str, phone: str, email: str, mobile_guid: str) -> Person:
    """Facts and reference of a contact."""
    info = {"mobileGuid": mobile_guid, "contact_href": f"{API}/company/contacts/{row_id}"}
    return Person(row_id, name, phone, email, {"id": row_id, "name": name, "_info": info})
