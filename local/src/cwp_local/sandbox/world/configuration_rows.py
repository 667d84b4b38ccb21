"""Rows of /company/configurations: the devices of a customer."""

from random import Random
from typing import Any

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import CONFIGURATIONS
from cwp_local.sandbox.world import choices, words
from cwp_local.sandbox.world.dice import chance, guid, maybe, pick
from cwp_local.sandbox.world.dull import dull
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.parties import looked_after, party, placed
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY, NO_DATE, iso, midnight

#: Question, field type, answers; an answer is whatever its field type makes it.
_QUESTIONS: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
    ("Asset owner", "Text", ("Reception", "", "CNC\u0000machine", None)),
    ("Memory in GB", "Number", (8, 16, 64, None)),
    ("Encrypted", "Checkbox", (True, False, None)),
    ("Replace by", "Date", ("2027-06-30T00:00:00Z", None)),
    ("Local administrator", "Password", (*words.MADE_UP_SECRETS, None)),
)
_SYSTEMS = ("Windows 11 Pro", "Windows Server 2022", "Orvia OS 7")
#: A NUL, and a zero-width space: both were seen in live answers.
_NOTES = ("", "Moved to the second floor.", "Old\u0000tag, see photo.", "Do not\u200b reboot.")


def configuration_row(
    scene: Scene, *, vendor: Row | None = None, parent_id: int | None = None
) -> Row:
    """A device of the scene's customer, bought from `vendor`; `parent_id` is one it belongs to."""
    rng, customer = scene.rng, scene.customer
    kind = int(rng.random() ** 2 * len(choices.CONFIGURATION_TYPES))
    return {
        **dull(rng, CONFIGURATIONS),
        "id": scene.row_id,
        "name": f"{('WS', 'SRV', 'FW')[kind]}-{scene.row_id}",
        "type": choices.CONFIGURATION_TYPES[kind],
        "status": choices.CONFIGURATION_STATUSES[0],
        **party(customer, scene.person()),
        **placed(customer),
        **looked_after(customer),
        "companyLocationId": customer.location["id"],
        **_hardware(rng, scene.row_id, kind),
        **_purchase(scene),
        **({"vendor": vendor} if vendor else {}),
        **({"parentConfigurationId": parent_id} if parent_id else {}),
        "notes": pick(rng, _NOTES),
        "questions": [_question(rng, scene.row_id, place) for place in range(len(_QUESTIONS))],
        "activeFlag": chance(rng, 0.9),
        "mobileGuid": guid(rng),
        "customFields": custom_fields(rng, CONFIGURATIONS),
        "_info": scene.info(scene.member()),
    }


def _hardware(rng: Random, row_id: int, kind: int) -> Row:
    draw = rng.getrandbits(32)
    return {
        "serialNumber": f"SN{draw:08X}",
        "modelNumber": f"M{draw % 40}",
        "tagNumber": str(row_id),
        "macAddress": f"02:00:{draw & 255:02x}:{draw >> 8 & 255:02x}:{draw >> 16 & 255:02x}:01",
        "ipAddress": f"10.0.{draw & 255}.{draw >> 8 & 255}",
        "osType": _SYSTEMS[kind],
        "manufacturer": pick(rng, choices.MANUFACTURERS),
        "backupBillableSpaceGb": round(rng.random() * 900, 1),
    }


def _purchase(scene: Scene) -> Row:
    rng = scene.rng
    warranty = NO_DATE if chance(rng, 0.05) else midnight(scene.entered + 1095 * DAY)
    return {
        "purchaseDate": midnight(scene.entered - 10 * DAY),
        "installationDate": midnight(scene.entered),
        "installedBy": scene.member().reference,
        "warrantyExpirationDate": warranty,
        **maybe(rng, 0.3, {"lastBackupDate": iso(scene.updated), "backupSuccesses": 30}),
    }


def _question(rng: Random, row_id: int, place: int) -> Row:
    question, field_type, answers = _QUESTIONS[place]
    answer = pick(rng, answers)
    return {
        "answerId": row_id * len(_QUESTIONS) + place,
        "questionId": 700 + place,
        "question": question,
        **({} if answer is None else {"answer": answer}),
        "sequenceNumber": float(place + 1),
        "numberOfDecimals": 0,
        "fieldType": field_type,
        "requiredFlag": False,
    }
