"""Fields that several entities have in common: who pays, who gets it, who is meant."""

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world.people import Customer, Person


def party(customer: Customer, person: Person | None) -> Row:
    """`company`, `contact`, `site`; what is not known is left out."""
    made: Row = {"company": customer.reference}
    if person is not None:
        made["contact"] = person.reference
    if customer.site is not None:
        made["site"] = customer.site
    return made


def bill_to(customer: Customer, person: Person | None) -> Row:
    """`billToCompany`, `billToContact`, `billToSite`."""
    return _prefixed("billTo", customer, person)


def ship_to(customer: Customer, person: Person | None) -> Row:
    """`shipToCompany`, `shipToContact`, `shipToSite`."""
    return _prefixed("shipTo", customer, person)


def _prefixed(prefix: str, customer: Customer, person: Person | None) -> Row:
    return {
        f"{prefix}{name.capitalize()}": value for name, value in party(customer, person).items()
    }


def placed(customer: Customer) -> Row:
    """`locationId`, `businessUnitId`: the part of the provider that looks after a customer."""
    return {"locationId": customer.location["id"], "businessUnitId": customer.department["id"]}


def looked_after(customer: Customer) -> Row:
    """`location`, `department`: as `placed`, by reference."""
    return {"location": customer.location, "department": customer.department}
