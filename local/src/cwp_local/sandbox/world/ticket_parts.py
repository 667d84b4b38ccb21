"""Fields that service tickets and project tickets have in common."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world import choices, lookups
from cwp_local.sandbox.world.cases import Case
from cwp_local.sandbox.world.dice import chance, guid, pick
from cwp_local.sandbox.world.links import API
from cwp_local.sandbox.world.times import DAY, iso, midnight

_LINKS = ("notes", "tasks", "timeentries")
_PLAIN = {
    "workRole": lookups.WORK_ROLES[0],
    "workType": lookups.WORK_TYPES[0],
    "country": choices.COUNTRY,
    "allowAllClientsPortalView": False,
    "automaticEmailResourceFlag": False,
    "automaticEmailCcFlag": False,
    "approved": True,
    "subBillingMethod": "ActualRates",
    "billExpenses": "Billable",
    "billProducts": "Billable",
    "predecessorClosedFlag": False,
    "lagDays": 0,
    "lagNonworkingDaysFlag": False,
    "currency": choices.CURRENCY,
}


def common(rng: Random, case: Case) -> Row:
    """What any ticket says."""
    customer = case.customer
    made = {
        "id": case.id,
        "summary": case.summary,
        **_PLAIN,
        "board": case.board.reference,
        "status": case.status.reference,
        "company": customer.reference,
        **customer.address,
        "type": case.work.type,
        "subType": case.work.sub_type,
        "priority": case.priority,
        "serviceLocation": pick(rng, choices.SERVICE_LOCATIONS),
        "source": pick(rng, choices.SOURCES),
        "budgetHours": float(int(rng.random() * 9)),
        "actualHours": case.hours,
        "customerUpdatedFlag": chance(rng, 0.1),
        "automaticEmailContactFlag": chance(rng, 0.7),
        "billTime": "Billable" if customer.agreement is None else "NoDefault",
        "location": customer.location,
        "department": customer.department,
        "mobileGuid": guid(rng),
    }
    _add_parties(rng, case, made)
    if case.status.rank:
        made["owner"] = case.owner.reference
        made["resources"] = case.owner.login
    if chance(rng, 0.8):
        made["item"] = case.work.item
    if chance(rng, 0.15):
        made["requiredDate"] = midnight(case.entered + 3 * DAY)
    return made


def _add_parties(rng: Random, case: Case, made: Row) -> None:
    person, customer = case.person, case.customer
    if customer.site is not None:
        made["site"], made["siteName"] = customer.site, customer.site["name"]
    if customer.agreement is not None:
        made["agreement"], made["agreementType"] = customer.agreement, customer.agreement["type"]
    if person is not None:
        made["contact"] = person.reference
        made["contactName"] = person.name
        made["contactPhoneNumber"] = person.phone
        made["contactEmailAddress"] = person.email
        if chance(rng, 0.1):
            made["contactPhoneExtension"] = str(100 + int(rng.random() * 900))


def ticket_info(case: Case, path: str) -> Row:
    """`_info` of the ticket under `path`."""
    place = f"{API}/{path}/{case.id}"
    return {
        "lastUpdated": iso(case.updated),
        "updatedBy": case.owner.login,
        "dateEntered": iso(case.entered),
        "enteredBy": case.owner.login,
        **{f"{link}_href": f"{place}/{link}" for link in _LINKS},
    }
