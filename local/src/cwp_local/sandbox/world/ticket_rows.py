"""Rows of /service/tickets."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world import lookups
from cwp_local.sandbox.world.cases import Case
from cwp_local.sandbox.world.dice import chance, guid, maybe, pick
from cwp_local.sandbox.world.lookups import API, Status
from cwp_local.sandbox.world.times import DAY, HOUR, MINUTE, iso, midnight

_LINKS = ("notes", "tasks", "timeentries")
_LEVELS = ("Low", "Medium", "High")


def ticket_row(rng: Random, case: Case) -> Row:
    """The row of a case."""
    return {
        **_identity(case),
        **_place(case),
        **_people(rng, case),
        **_sorting(rng, case),
        **_money(rng, case),
        **_progress(rng, case),
        **_kinship(case),
        **_belonging(rng, case),
        **_service_level(case),
        "customFields": _custom_fields(rng),
        "_info": _info(case),
        **_BILLING_FLAGS,
    }


def _identity(case: Case) -> Row:
    return {
        "id": case.id,
        "summary": case.summary,
        "recordType": "ServiceTicket",
        "board": case.board.reference,
        "status": case.status.reference,
        "workRole": lookups.WORK_ROLES[0],
        "workType": lookups.WORK_TYPES[0],
        "company": case.customer.reference,
    }


def _place(case: Case) -> Row:
    return {
        "site": case.customer.site,
        "siteName": "Main",
        **case.customer.address,
        "country": lookups.COUNTRY,
    }


def _people(rng: Random, case: Case) -> Row:
    person = case.person
    if person is None:
        return {}
    return {
        "contact": person.reference,
        "contactName": person.name,
        "contactPhoneNumber": person.phone,
        **maybe(rng, 0.1, {"contactPhoneExtension": str(100 + int(rng.random() * 900))}),
        "contactEmailAddress": person.email,
    }


def _sorting(rng: Random, case: Case) -> Row:
    agreement = case.customer.agreement
    under = {"agreement": agreement, "agreementType": agreement["type"]} if agreement else {}
    return {
        "type": case.work.type,
        "subType": case.work.sub_type,
        **maybe(rng, 0.8, {"item": case.work.item}),
        "team": case.board.team,
        **({"owner": case.owner.reference} if case.status.rank else {}),
        "priority": case.priority,
        "serviceLocation": pick(rng, lookups.SERVICE_LOCATIONS),
        "source": pick(rng, lookups.SOURCES),
        **maybe(rng, 0.15, {"requiredDate": midnight(case.entered + 3 * DAY)}),
        "budgetHours": float(int(rng.random() * 9)),
        **under,
        "severity": pick(rng, _LEVELS),
        "impact": pick(rng, _LEVELS),
        **maybe(rng, 0.05, {"externalXRef": f"EXT-{case.id}"}),
        **maybe(rng, 0.03, {"poNumber": f"PO{int(rng.random() * 99_999):05d}"}),
        "allowAllClientsPortalView": False,
        "customerUpdatedFlag": chance(rng, 0.1),
        "automaticEmailContactFlag": chance(rng, 0.7),
        "automaticEmailResourceFlag": False,
        "automaticEmailCcFlag": False,
    }


def _money(rng: Random, case: Case) -> Row:
    cost = round(case.hours * 45, 2)
    return {
        "actualHours": case.hours,
        "approved": True,
        "estimatedExpenseCost": 0.0,
        "estimatedExpenseRevenue": 0.0,
        "estimatedProductCost": 0.0,
        "estimatedProductRevenue": 0.0,
        "estimatedTimeCost": cost,
        "estimatedTimeRevenue": round(cost * 2.5, 2),
        "billingMethod": "ActualRates",
        **maybe(rng, 0.2, {"billingAmount": 0.0, "hourlyRate": 125.0}),
        "subBillingMethod": "ActualRates",
    }


def _progress(rng: Random, case: Case) -> Row:
    responded = case.entered + int(rng.random() * 3 * HOUR)
    minutes = (case.closed - case.entered) // MINUTE if case.closed else 0
    return {
        **closing(case.status, case.closed, case.owner.login),
        **({"dateResplan": iso(responded)} if case.status.rank > 1 else {}),
        **({"dateResponded": iso(responded)} if case.status.rank else {}),
        "resolveMinutes": minutes,
        "resPlanMinutes": (responded - case.entered) // MINUTE,
        "respondMinutes": (responded - case.entered) // MINUTE,
        "isInSla": chance(rng, 0.9),
        **({"resources": case.owner.login} if case.status.rank else {}),
    }


def closing(status: Status, at: int | None, by: str) -> Row:
    """The fields that say whether a ticket is closed, when, and by whom."""
    if not status.closed or at is None:
        return {"closedFlag": False}
    return {
        "closedDate": iso(at),
        "closedBy": by,
        "closedFlag": True,
        "dateResolved": iso(at),
        "resolvedBy": by,
    }


#: What a ticket loses when it is opened again.
CLOSING_FIELDS = ("closedDate", "closedBy", "dateResolved", "resolvedBy")


def _kinship(case: Case) -> Row:
    parent = {} if case.parent is None else {"parentTicketId": case.parent}
    merged = {} if case.merged_into is None else {"mergedParentTicket": case.merged_into}
    return {
        **parent,
        **merged,
        "hasChildTicket": case.has_child,
        "hasMergedChildTicketFlag": case.has_merged,
    }


def _belonging(rng: Random, case: Case) -> Row:
    return {
        "billTime": "Billable" if case.customer.agreement is None else "NoDefault",
        "billExpenses": "Billable",
        "billProducts": "Billable",
        "predecessorClosedFlag": False,
        "lagDays": 0,
        "lagNonworkingDaysFlag": False,
        "location": lookups.LOCATIONS[case.customer.id % 2],
        "department": lookups.DEPARTMENTS[case.customer.id % 2],
        "mobileGuid": guid(rng),
        "requestForChangeFlag": False,
        "currency": lookups.CURRENCY,
        "integratorTags": [],
    }


def _service_level(case: Case) -> Row:
    goal = case.priority["id"] * 4 * HOUR
    words = "Resolved" if case.status.closed else f"Resolve by {iso(case.entered + goal)}"
    return {
        "sla": lookups.SLAS[case.customer.id % 2],
        "slaStatus": words,
        "escalationStartDateUTC": iso(case.entered),
        "escalationLevel": 0,
        "minutesBeforeWaiting": 0,
        "respondedSkippedMinutes": 0,
        "resplanSkippedMinutes": 0,
        "respondedHours": 0.5,
        "resplanHours": 2.0,
        "resolutionHours": goal / HOUR,
        "minutesWaiting": 0,
        "resplanGoalUTC": iso(case.entered + 2 * HOUR),
        "resolutionGoalUTC": iso(case.entered + goal),
        "escalationLastUpdateMinutes": 0,
    }


def _custom_fields(rng: Random) -> list[Row]:
    return [
        {
            "id": 1,
            "caption": "Device Name",
            "type": "Text",
            "entryMethod": "EntryField",
            "numberOfDecimals": 0,
            **maybe(rng, 0.4, {"value": f"WS-{int(rng.random() * 9000):04d}"}),
        },
    ]


def _info(case: Case) -> Row:
    place = f"{API}/service/tickets/{case.id}"
    return {
        "lastUpdated": iso(case.updated),
        "updatedBy": case.owner.login,
        "dateEntered": iso(case.entered),
        "enteredBy": case.owner.login,
        **{f"{link}_href": f"{place}/{link}" for link in _LINKS},
    }


_BILLING_FLAGS = {
    "billTicketSeparately": False,
    "billTicketOnlyAfterClosed": False,
    "billUnapprovedTimeAndExpenses": False,
    "restrictDownPayment": False,
}
