"""Rows of /service/tickets/{id}/notes."""

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import NOTES
from cwp_local.sandbox.world import words
from cwp_local.sandbox.world.dice import pick
from cwp_local.sandbox.world.dull import bare
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import iso

_BY_CONTACT, _INTERNAL, _RATED = 0.3, 0.15, 0.1
#: A NUL, zero-width marks, no text at all: all were seen in live answers.
_ODD_SHARE = 0.006
_ODD_TEXTS = (
    "Log:\u0000\u0000 end",
    "Copied\u200b from\ufeff a mail",
    "",
    "100 % \u2013 done \u2713",
)


def note_row(scene: Scene, ticket_id: int, *, first: bool) -> Row:
    """What somebody wrote on a ticket; the `first` note says what it is about."""
    rng = scene.rng
    draw = rng.random()
    writer = scene.person() if first or draw < _BY_CONTACT else None
    member = scene.member()
    internal = writer is None and draw > 1 - _INTERNAL
    by = member.login if writer is None else writer.name
    written = iso(scene.updated)
    odd = rng.random() < _ODD_SHARE
    return {
        **bare(NOTES),
        "id": scene.row_id,
        "ticketId": ticket_id,
        "text": pick(rng, _ODD_TEXTS if odd else words.NOTES if writer else words.WORK_DONE),
        "detailDescriptionFlag": not internal,
        "internalAnalysisFlag": internal,
        **({"member": member.reference} if writer is None else {"contact": writer.reference}),
        "customerUpdatedFlag": writer is not None,
        "dateCreated": written,
        "createdBy": by,
        "internalFlag": internal,
        "externalFlag": not internal,
        **({"sentimentScore": round(draw, 3)} if rng.random() < _RATED else {}),
        "_info": {"lastUpdated": written, "updatedBy": by},
    }
