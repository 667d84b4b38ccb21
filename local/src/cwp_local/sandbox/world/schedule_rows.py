"""Rows of /schedule/entries: who is to do what, when."""

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import SCHEDULE_ENTRIES
from cwp_local.sandbox.world import choices
from cwp_local.sandbox.world.dice import chance, guid, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.people import Member
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY, HOUR, iso


def schedule_row(scene: Scene, object_id: int, name: str, *, kind: Row, member: Member) -> Row:
    """Time set aside for the row `object_id` of the kind that `kind` says: S or C."""
    rng = scene.rng
    hours = 1 + int(rng.random() * 4)
    start = scene.entered + int(rng.random() * 5) * DAY
    done = chance(rng, 0.7)
    return {
        **dull(rng, SCHEDULE_ENTRIES),
        "id": scene.row_id,
        "objectId": object_id,
        "name": name[:250],
        "member": member.reference,
        "where": pick(rng, choices.SERVICE_LOCATIONS),
        "dateStart": iso(start),
        "dateEnd": iso(start + hours * HOUR),
        "status": pick(rng, choices.SCHEDULE_STATUSES),
        "type": kind,
        "span": choices.SCHEDULE_SPANS[0],
        "doneFlag": done,
        **({"closeDate": iso(start + hours * HOUR)} if done else {}),
        "acknowledgedFlag": done,
        **({"acknowledgedDate": iso(start)} if done else {}),
        "ownerFlag": True,
        "hours": float(hours),
        "mobileGuid": guid(rng),
        "_info": scene.info(member),
    }
