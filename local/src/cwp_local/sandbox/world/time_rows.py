"""Rows of /time/entries: work done, most of it on a ticket."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.pointing import reference_to
from cwp_local.sandbox.tables import ACTIVITIES, TIME_ENTRIES
from cwp_local.sandbox.world import choices, lookups, words
from cwp_local.sandbox.world.cases import ticket_reference
from cwp_local.sandbox.world.dice import chance, guid, pick
from cwp_local.sandbox.world.dull import seldom
from cwp_local.sandbox.world.links import API
from cwp_local.sandbox.world.people import Customer, Member
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY, HOUR, iso

_RATE = 125.0
_MOST_QUARTERS = 12
#: An entry last touched this long after the work was touched by an invoice.
BILLED_AFTER = 25 * DAY
_COPIES = (
    *(("ticketBoard", "board"), ("ticketStatus", "status")),
    *(("ticketType", "type"), ("ticketSubType", "subType")),
)
_PLAIN = {
    "companyType": "Client",
    "hoursDeduct": 0.0,
    "addToDetailDescriptionFlag": False,
    "addToInternalAnalysisFlag": False,
    "emailResourceFlag": False,
    "emailCcFlag": False,
    "hourlyRate": _RATE,
    "agreementHours": 0.0,
    "agreementAmount": 0.0,
    "agreementAdjustment": 0.0,
    "adjustment": 0.0,
    "invoiceReady": 1,
    "invoiceFlag": True,
    "taxCode": choices.TAX_CODES[0],
    "customFields": [],
}


def draw_hours(rng: Random) -> float:
    """Hours of one entry, in quarters."""
    return (1 + int(rng.random() ** 2 * _MOST_QUARTERS)) / 4


def time_row(
    scene: Scene,
    charged: Row,
    *,
    member: Member,
    hours: float,
    sheet: Row | None = None,
    invoice: Row | None = None,
) -> Row:
    """An entry of `hours`, from the time the scene was entered.

    `charged` are the fields of what it is charged to: `ticket_charge`, `activity_charge`. It goes
    on `sheet`, and is billed if there is an `invoice`.
    """
    rng = scene.rng
    end = scene.entered + int(hours * HOUR)
    ended, updated = iso(end), iso(scene.updated)
    made = {
        **seldom(rng, TIME_ENTRIES),
        **charged,
        "id": scene.row_id,
        "member": member.reference,
        "workType": pick(rng, lookups.WORK_TYPES),
        "workRole": pick(rng, lookups.WORK_ROLES),
        "billableOption": "DoNotBill" if chance(rng, 0.1) else "Billable",
        "timeStart": iso(scene.entered),
        "timeEnd": ended,
        "actualHours": hours,
        "hoursBilled": hours,
        "invoiceHours": hours,
        "extendedInvoiceAmount": round(hours * _RATE, 2),
        "hourlyCost": member.hourly_cost,
        "notes": pick(rng, words.WORK_DONE),
        "addToResolutionFlag": chance(rng, 0.2),
        "emailContactFlag": chance(rng, 0.5),
        "enteredBy": member.login,
        "dateEntered": min(ended, updated),
        "mobileGuid": guid(rng),
        "status": "Billed" if invoice else pick(rng, ("Open", "PendingApproval", "ReadyToBill")),
    }
    _add_seldom(rng, made, sheet, invoice)
    made["_info"] = {
        "lastUpdated": updated,
        "updatedBy": member.login,
        "chargeToMobileGuid": charged["mobileGuid"],
        "timeentry_href": f"{API}/time/entries/{scene.row_id}",
    }
    return made


def _add_seldom(rng: Random, made: Row, sheet: Row | None, invoice: Row | None) -> None:
    if chance(rng, 0.1):
        made["internalNotes"] = pick(rng, words.INTERNAL_NOTES)
    if chance(rng, 0.1):
        made["overageRate"] = 0.0
    if sheet is not None:
        made["timeSheet"] = sheet
    if invoice is not None:
        made["invoice"] = invoice


def ticket_charge(ticket: Row) -> Row:
    """What entries say of the ticket row they are charged to. `mobileGuid` is the ticket's."""
    return {
        **_PLAIN,
        **charge(ticket),
        **_agreement(ticket),
        **_whereabouts(ticket.get("location"), ticket.get("department")),
        **_copies(ticket),
        "mobileGuid": ticket["mobileGuid"],
    }


def activity_charge(activity: Row, customer: Customer) -> Row:
    """What entries say of the activity row they are charged to, at `customer`."""
    opportunity = activity.get("opportunity")
    return {
        **_PLAIN,
        "company": customer.reference,
        "chargeToId": activity["id"],
        "chargeToType": "Activity",
        "activity": reference_to("ActivityReference", ACTIVITIES, activity),
        **({"opportunityRecid": opportunity["id"]} if opportunity else {}),
        **_agreement(activity),
        **_whereabouts(customer.location, customer.department),
        "mobileGuid": activity["mobileGuid"],
    }


def other_charge(scene: Scene) -> Row:
    """What entries say that are charged to nothing that is known here."""
    customer = scene.customer
    return {
        **_PLAIN,
        "company": customer.reference,
        **_whereabouts(customer.location, customer.department),
        "mobileGuid": guid(scene.rng),
    }


def charge(ticket: Row) -> Row:
    """The ticket row that time or money is charged to."""
    project = "project" in ticket
    made = {
        "chargeToId": ticket["id"],
        "chargeToType": "ProjectTicket" if project else "ServiceTicket",
        "ticket": ticket_reference(ticket["id"], ticket["summary"], project=project),
    }
    if "company" in ticket:
        made["company"] = ticket["company"]
    return {**made, "project": ticket["project"], "phase": ticket["phase"]} if project else made


def _copies(ticket: Row) -> Row:
    """Names that an entry repeats of its ticket; it may have lost some of them."""
    found = ((name, ticket.get(source)) for name, source in _COPIES)
    return {
        name: reference["name"] for name, reference in found if reference and "name" in reference
    }


def _agreement(row: Row) -> Row:
    agreement = row.get("agreement")
    return {"agreement": agreement, "agreementType": agreement["type"]} if agreement else {}


def _whereabouts(location: Row | None, department: Row | None) -> Row:
    made: Row = {}
    if location:
        made["locationId"], made["location"] = location["id"], location
        made["locationName"] = made["territory"] = location["name"]
    if department:
        made["businessUnitId"], made["businessGroupDesc"] = department["id"], department["name"]
        made["department"] = {key: department[key] for key in ("id", "name", "_info")}
    return made
