"""Who takes part: the provider's own members, its customers, and their contacts.

These are the facts that rows of several tables repeat. They can be read back from stored rows,
so that later changes fit what the generator made.
"""

from dataclasses import dataclass
from functools import lru_cache
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.pointing import full_name, reference_to
from cwp_local.sandbox.tables import AGREEMENTS, COMPANIES, SITES
from cwp_local.sandbox.world import ids, lookups, words
from cwp_local.sandbox.world.dice import guid, pick
from cwp_local.sandbox.world.links import API

_FEWEST_MEMBERS, _MOST_MEMBERS = 6, 60
_TICKETS_PER_MEMBER = 400
#: Seven customers in ten have an agreement.
_AGREEMENTS_IN_TEN = 7


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works at the provider."""

    id: int
    login: str
    first_name: str
    last_name: str
    reference: Row
    hourly_cost: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A company, as far as other rows repeat it. `address` has the spelling of tickets.

    `location` and `department` of the provider look after it. `site` is its main one.
    """

    id: int
    identifier: str
    name: str
    address: dict[str, str]
    phone: str
    reference: Row
    location: Row
    department: Row
    site: Row | None = None
    agreement: Row | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A contact, as far as other rows repeat it."""

    id: int
    name: str
    phone: str
    email: str
    reference: Row


@lru_cache(maxsize=64)
def members(seed: int, tickets: int) -> tuple[Member, ...]:
    """The provider's staff, the same for the same arguments."""
    rng = Random(f"members:{seed}")  # noqa: S311 - made-up data
    count = min(_MOST_MEMBERS, max(_FEWEST_MEMBERS, tickets // _TICKETS_PER_MEMBER))
    return tuple(
        _member(rng, row_id) for row_id in range(ids.FIRST_MEMBER, ids.FIRST_MEMBER + count)
    )


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
    cost = f"{25 + int(rng.random() * 40)}.{pick(rng, ('00', '50'))}"
    return Member(row_id, login, first, last, made, cost)


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
    identifier = f"{place}{trade}"[:23].replace(" ", "") + str(row_id)
    known = {"id": row_id, "identifier": identifier, "name": name}
    return _customer(known, address, _site(row_id), _agreement(row_id))


def customer_of(company: Row, agreement: Row | None = None) -> Customer:
    """The facts of a stored company row; `agreement` is the reference to one it has."""
    names = {"addressLine1": "addressLine1", "city": "city", "state": "stateIdentifier"}
    names["zip"] = "zip"
    address = {name: company[key] for key, name in names.items() if key in company}
    return _customer(company, address, company.get("site") or None, agreement)


def _customer(
    company: Row, address: dict[str, str], site: Row | None, agreement: Row | None
) -> Customer:
    row_id = company["id"]
    return Customer(
        id=row_id,
        identifier=company["identifier"],
        name=company["name"],
        address=address,
        phone=f"813555{row_id % 10_000:04d}",
        reference=reference_to("CompanyReference", COMPANIES, company),
        location=lookups.LOCATIONS[row_id % 2],
        department=lookups.DEPARTMENTS[row_id % 2],
        site=site,
        agreement=agreement,
    )


def _site(company_id: int) -> Row:
    own = {"id": ids.site(company_id, 0), "name": "Main", "company": {"id": company_id}}
    return reference_to("SiteReference", SITES, own)


def _agreement(company_id: int) -> Row | None:
    if company_id % 10 >= _AGREEMENTS_IN_TEN:
        return None
    return agreement_reference(ids.agreement(company_id, 0), "Managed Services")


def agreement_reference(row_id: int, name: str) -> Row:
    """How rows point to an agreement that is called as its type is."""
    own = {"id": row_id, "name": name, "type": {"name": name}, "chargeToFirm": False}
    return reference_to("AgreementReference", AGREEMENTS, own)


def new_person(rng: Random, row_id: int, customer: Customer) -> Person:
    """Somebody made up who works at `customer`."""
    first, last = pick(rng, words.FIRST_NAMES), pick(rng, words.LAST_NAMES)
    mailbox = f"{first[0]}.{last}{row_id}".lower().encode("ascii", "ignore").decode()
    email = f"{mailbox.replace(chr(39), '')}@{customer.identifier.lower()}.example"
    return person(row_id, f"{first} {last}", f"727555{row_id % 10_000:04d}", email, guid(rng))


def person_of(contact: Row) -> Person:
    """The facts of a stored contact row."""
    items = contact.get("communicationItems", [])
    emails = (item.get("value") for item in items if item.get("communicationType") == "Email")
    email = next(filter(None, emails), "")
    phone = contact.get("defaultPhoneNbr", "")
    return person(contact["id"], full_name(contact), phone, email, contact.get("mobileGuid", ""))


def person(row_id: int, name: str, phone: str, email: str, mobile_guid: str) -> Person:
    """Facts and reference of a contact."""
    info = {"mobileGuid": mobile_guid, "contact_href": f"{API}/company/contacts/{row_id}"}
    return Person(row_id, name, phone, email, {"id": row_id, "name": name, "_info": info})
