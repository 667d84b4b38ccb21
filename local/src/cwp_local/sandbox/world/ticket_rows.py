"""Rows of /service/tickets."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import TICKETS
from cwp_local.sandbox.world import choices
from cwp_local.sandbox.world.cases import Case
from cwp_local.sandbox.world.dice import chance, maybe, pick
from cwp_local.sandbox.world.dull import seldom
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.lookups import Status
from cwp_local.sandbox.world.ticket_parts import common, ticket_info
from cwp_local.sandbox.world.times import HOUR, MINUTE, iso

_LEVELS = ("Low", "Medium", "High")
_PLAIN = {
    "recordType": "ServiceTicket",
    "estimatedExpenseCost": 0.0,
    "estimatedExpenseRevenue": 0.0,
    "estimatedProductCost": 0.0,
    "estimatedProductRevenue": 0.0,
    "billingMethod": "ActualRates",
    "requestForChangeFlag": False,
    "integratorTags": [],
    "escalationLevel": 0,
    "minutesBeforeWaiting": 0,
    "respondedSkippedMinutes": 0,
    "resplanSkippedMinutes": 0,
    "respondedHours": 0.5,
    "resplanHours": 2.0,
    "minutesWaiting": 0,
    "escalationLastUpdateMinutes": 0,
    "billTicketSeparately": False,
    "billTicketOnlyAfterClosed": False,
    "billUnapprovedTimeAndExpenses": False,
    "restrictDownPayment": False,
}


def ticket_row(rng: Random, case: Case) -> Row:
    """The row of a case."""
    cost = round(case.hours * 45, 2)
    return {
        **seldom(rng, TICKETS),
        **common(rng, case),
        **_PLAIN,
        "team": case.board.team,
        "severity": pick(rng, _LEVELS),
        "impact": pick(rng, _LEVELS),
        "estimatedTimeCost": cost,
        "estimatedTimeRevenue": round(cost * 2.5, 2),
        **maybe(rng, 0.05, {"externalXRef": f"EXT-{case.id}"}),
        **maybe(rng, 0.03, {"poNumber": f"PO{case.id:05d}"}),
        **maybe(rng, 0.2, {"billingAmount": 0.0, "hourlyRate": 125.0}),
        **_progress(rng, case),
        **_kinship(case),
        **_service_level(case),
        **({"opportunity": case.opportunity} if case.opportunity else {}),
        "customFields": custom_fields(rng, TICKETS),
        "_info": ticket_info(case, "service/tickets"),
    }


def _progress(rng: Random, case: Case) -> Row:
    responded = case.entered + int(rng.random() * 3 * HOUR)
    waited = (responded - case.entered) // MINUTE
    made = {
        **_closing(case.status, case.closed, case.owner.login),
        "resolveMinutes": (case.closed - case.entered) // MINUTE if case.closed else 0,
        "resPlanMinutes": waited,
        "respondMinutes": waited,
        "isInSla": chance(rng, 0.9),
    }
    if case.status.rank:
        made["dateResponded"] = iso(responded)
        made["respondedBy"] = case.owner.login
    if case.status.rank > 1:
        made["dateResplan"] = iso(responded)
        made["resplanBy"] = case.owner.login
    return made


def _closing(status: Status, at: int | None, by: str) -> Row:
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


def _kinship(case: Case) -> Row:
    made: Row = {"hasChildTicket": case.has_child, "hasMergedChildTicketFlag": case.has_merged}
    if case.parent is not None:
        # A child waits for its parent, and refers to what is written there.
        made["parentTicketId"] = case.parent
        made["predecessorType"], made["predecessorId"] = "Ticket", case.parent
        made["knowledgeBaseLinkType"], made["knowledgeBaseLinkId"] = "ServiceTicket", case.parent
    if case.merged_into is not None:
        made["mergedParentTicket"] = case.merged_into
    return made


def _service_level(case: Case) -> Row:
    goal = case.priority["id"] * 4 * HOUR
    until = iso(case.entered + goal)
    return {
        "sla": choices.SLAS[case.customer.id % 2],
        "slaStatus": "Resolved" if case.status.closed else f"Resolve by {until}",
        "escalationStartDateUTC": iso(case.entered),
        "resolutionHours": goal / HOUR,
        "resplanGoalUTC": iso(case.entered + 2 * HOUR),
        "resolutionGoalUTC": until,
    }
