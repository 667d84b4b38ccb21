"""Rows of /time/entries: work done on a ticket."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world import lookups, words
from cwp_local.sandbox.world.cases import ticket_reference
from cwp_local.sandbox.world.dice import chance, guid, maybe, pick
from cwp_local.sandbox.world.lookups import API, reference
from cwp_local.sandbox.world.people import Member
from cwp_local.sandbox.world.times import DAY, HOUR, iso, midnight

_RATE = 125.0
_MOST_QUARTERS = 12
#: An entry last touched this long after the work was touched by an invoice.
BILLED_AFTER = 25 * DAY


def draw_hours(rng: Random) -> float:
    """Hours of one entry, in quarters."""
    return (1 + int(rng.random() ** 2 * _MOST_QUARTERS)) / 4


def time_row(  # noqa: PLR0913 - the parts of one row, all by name
    rng: Random,
    row_id: int,
    ticket: Row,
    *,
    member: Member,
    start: int,
    hours: float,
    updated: int,
) -> Row:
    """An entry of `hours` from `start` (seconds since 1970) on a ticket row."""
    end = start + int(hours * HOUR)
    billed = updated - start > BILLED_AFTER
    return {
        "id": row_id,
        **_charge(ticket),
        "member": member.reference,
        **_where(ticket),
        **_work(rng, ticket),
        "timeStart": iso(start),
        "timeEnd": iso(end),
        "hoursDeduct": 0.0,
        "actualHours": hours,
        **_text(rng),
        **_amounts(rng, member, hours),
        "enteredBy": member.login,
        "dateEntered": iso(min(end, updated)),
        **(_invoice(ticket, updated) if billed else {}),
        "mobileGuid": guid(rng),
        "timeSheet": _sheet(member, start),
        "status": "Billed" if billed else pick(rng, ("Open", "PendingApproval", "ReadyToBill")),
        **ticket_copies(ticket),
        "invoiceFlag": True,
        "locationName": ticket["location"]["name"],
        "taxCode": lookups.TAX_CODES[0],
        "_info": _info(row_id, member, ticket, updated),
        "customFields": [],
    }


def ticket_copies(ticket: Row) -> Row:
    """What an entry repeats of its ticket."""
    return {
        "ticket": ticket_reference(ticket["id"], ticket["summary"]),
        "ticketBoard": ticket["board"]["name"],
        "ticketStatus": ticket["status"]["name"],
        **({"ticketType": ticket["type"]["name"]} if "type" in ticket else {}),
        **({"ticketSubType": ticket["subType"]["name"]} if "subType" in ticket else {}),
    }


def _charge(ticket: Row) -> Row:
    return {
        "company": ticket["company"],
        "companyType": "Client",
        "chargeToId": ticket["id"],
        "chargeToType": "ServiceTicket",
    }


def _where(ticket: Row) -> Row:
    location, department = ticket["location"], ticket["department"]
    return {
        "locationId": location["id"],
        "businessUnitId": department["id"],
        "businessGroupDesc": department["name"],
        "location": location,
        "department": {key: department[key] for key in ("id", "name", "_info")},
    }


def _work(rng: Random, ticket: Row) -> Row:
    agreement = ticket.get("agreement")
    under = {"agreement": agreement, "agreementType": agreement["type"]} if agreement else {}
    return {
        "workType": pick(rng, lookups.WORK_TYPES),
        "workRole": pick(rng, lookups.WORK_ROLES),
        **under,
        "territory": ticket["location"]["name"],
        "billableOption": "DoNotBill" if chance(rng, 0.1) else "Billable",
    }


def _text(rng: Random) -> Row:
    return {
        "notes": pick(rng, words.WORK_DONE),
        **maybe(rng, 0.1, {"internalNotes": pick(rng, words.INTERNAL_NOTES)}),
        "addToDetailDescriptionFlag": False,
        "addToInternalAnalysisFlag": False,
        "addToResolutionFlag": chance(rng, 0.2),
        "emailResourceFlag": False,
        "emailContactFlag": chance(rng, 0.5),
        "emailCcFlag": False,
    }


def _amounts(rng: Random, member: Member, hours: float) -> Row:
    return {
        "hoursBilled": hours,
        "invoiceHours": hours,
        "hourlyCost": member.hourly_cost,
        "hourlyRate": _RATE,
        **maybe(rng, 0.1, {"overageRate": 0.0}),
        "agreementHours": 0.0,
        "agreementAmount": 0.0,
        "agreementAdjustment": 0.0,
        "adjustment": 0.0,
        "invoiceReady": 1,
        "extendedInvoiceAmount": round(hours * _RATE, 2),
    }


def _invoice(ticket: Row, at: int) -> Row:
    number = 9000 + ticket["company"]["id"]
    made = {
        "id": number,
        "identifier": str(number),
        "billingType": "Standard",
        "applyToType": "All",
        "invoiceDate": midnight(at),
        "chargeFirmFlag": False,
        "_info": {"invoice_href": f"{API}/finance/invoices/{number}"},
    }
    return {"invoice": made}


def _sheet(member: Member, start: int) -> Row:
    week = start // (7 * DAY)
    day = midnight(week * 7 * DAY)[:10]
    return reference(
        "timeSheet", "time/sheets", week * 100 + member.reference["id"] % 100, f"Week of {day}"
    )


def _info(row_id: int, member: Member, ticket: Row, updated: int) -> Row:
    return {
        "lastUpdated": iso(updated),
        "updatedBy": member.login,
        "chargeToMobileGuid": ticket["mobileGuid"],
        "timeentry_href": f"{API}/time/entries/{row_id}",
    }
