"""Rows of /project/projects and of their phases."""

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import PHASES, PROJECTS
from cwp_local.sandbox.world import choices
from cwp_local.sandbox.world.dice import chance, maybe, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.lookups import PROJECT_BOARD
from cwp_local.sandbox.world.parties import bill_to, looked_after, party, placed, ship_to
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY, midnight

_CLOSED_SHARE = 0.4


def project_row(scene: Scene, own: Row, *, opportunity: Row | None = None) -> Row:
    """A project of the scene's customer, whose reference is `own`."""
    rng, customer, person = scene.rng, scene.customer, scene.person()
    hours = float(10 + int(rng.random() * 200))
    closed = chance(rng, _CLOSED_SHARE)
    agreement = customer.agreement
    return {
        **dull(rng, PROJECTS),
        "id": own["id"],
        "name": own["name"],
        **party(customer, person),
        **bill_to(customer, person),
        **maybe(rng, 0.3, ship_to(customer, person)),
        **({"agreement": agreement} if agreement else {}),
        **({"opportunity": opportunity} if opportunity else {}),
        **looked_after(customer),
        "companyLocation": customer.location,
        "board": PROJECT_BOARD.reference,
        "status": choices.PROJECT_STATUSES[2 if closed else 0],
        "closedFlag": closed,
        "type": pick(rng, choices.PROJECT_TYPES),
        "manager": scene.member().reference,
        "timeApprover": scene.staff[0].reference,
        "expenseApprover": scene.staff[0].reference,
        "estimatedStart": midnight(scene.entered),
        "estimatedEnd": midnight(scene.entered + 90 * DAY),
        "actualStart": midnight(scene.entered + 3 * DAY),
        **({"actualEnd": midnight(scene.updated)} if closed else {}),
        "actualHours": hours if closed else hours / 2,
        "budgetHours": hours,
        "estimatedHours": hours,
        "percentComplete": 1.0 if closed else 0.5,
        "customFields": custom_fields(rng, PROJECTS),
        "_info": scene.info(scene.member()),
    }


def phase_row(
    scene: Scene,
    own: Row,
    project_id: int,
    place: int,
    *,
    parent: Row | None = None,
    opportunity: Row | None = None,
) -> Row:
    """A phase, whose reference is `own`; `place` counts those of its project from 0."""
    rng, customer, person = scene.rng, scene.customer, scene.person()
    agreement = customer.agreement
    start = scene.entered + place * 20 * DAY
    return {
        **dull(rng, PHASES),
        "id": own["id"],
        "projectId": project_id,
        "description": own["name"],
        "board": PROJECT_BOARD.reference,
        **({"parentPhase": parent} if parent else {}),
        **({"opportunity": opportunity} if opportunity else {}),
        **({"agreement": agreement} if agreement else {}),
        **placed(customer),
        "wbsCode": str(place + 1),
        "markAsMilestoneFlag": place == 0,
        "notes": "",
        "deadlineDate": midnight(start + 30 * DAY),
        "scheduledStart": midnight(start),
        "scheduledEnd": midnight(start + 20 * DAY),
        "startDate": midnight(start),
        "endDate": midnight(start + 20 * DAY),
        "budgetHours": float(5 + int(rng.random() * 40)),
        **bill_to(customer, person),
        **maybe(rng, 0.2, ship_to(customer, person)),
        "customFields": [],
        "_info": scene.info(scene.member()),
    }
