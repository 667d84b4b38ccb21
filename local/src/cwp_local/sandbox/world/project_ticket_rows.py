"""Rows of /project/tickets: work that a project is cut into. They share their ids with tickets."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import PROJECT_TICKETS
from cwp_local.sandbox.world.cases import Case
from cwp_local.sandbox.world.dice import chance, maybe, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.firms import Project
from cwp_local.sandbox.world.ticket_parts import common, ticket_info
from cwp_local.sandbox.world.times import DAY, iso

_TASKS = ("Order the parts", "Tell the users", "Take photos of the rack")


def project_ticket_row(rng: Random, case: Case, project: Project) -> Row:
    """The row of a case that is a part of a project; it lies in one of its phases."""
    phase = pick(rng, project.phases)
    return {
        **dull(rng, PROJECT_TICKETS),
        **common(rng, case),
        "project": project.reference,
        "phase": phase,
        "wbsCode": f"{phase['id'] % 5 + 1}.{case.id % 9 + 1}",
        "isIssueFlag": chance(rng, 0.05),
        "predecessorType": "Phase",
        "predecessorId": project.phases[0]["id"],
        **maybe(rng, 0.1, {"opportunity": case.opportunity} if case.opportunity else {}),
        "estimatedStartDate": iso(case.entered),
        "scheduleStartDate": iso(case.entered),
        "scheduleEndDate": iso(case.entered + 5 * DAY),
        "duration": 5,
        **_closing(case),
        "tasks": [_task(case, place) for place in range(int(rng.random() * len(_TASKS)))],
        "customFields": custom_fields(rng, PROJECT_TICKETS),
        "_info": ticket_info(case, "project/tickets"),
    }


def _closing(case: Case) -> Row:
    if not case.status.closed or case.closed is None:
        return {"closedFlag": False}
    return {"closedFlag": True, "closedDate": iso(case.closed), "closedBy": case.owner.login}


def _task(case: Case, place: int) -> Row:
    return {
        "id": 4 * case.id + place,
        "ticketId": case.id,
        "notes": _TASKS[place],
        "closedFlag": case.status.closed,
        "priority": place + 1,
        "member": case.owner.reference,
        "resolution": "",
    }
