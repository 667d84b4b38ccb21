"""What happens to single rows on a working day: each move returns a changed copy of a row."""

from collections.abc import Callable
from datetime import datetime
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import COMPANIES, CONTACTS, TICKETS, TIME_ENTRIES, Table
from cwp_local.sandbox.world import lookups, words
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.people import Member
from cwp_local.sandbox.world.ticket_rows import CLOSING_FIELDS, closing

Move = Callable[[Random, Row, tuple[Member, ...]], Row]


def settle_status(row: Row, now: datetime, by: str) -> Row:
    """A ticket whose closing fields say what its status says."""
    board = lookups.BOARD_BY_ID.get(row["board"]["id"])
    status = board.status(row["status"]["id"]) if board else None
    if status is None or status.closed == row["closedFlag"]:
        return row
    kept = {key: value for key, value in row.items() if key not in CLOSING_FIELDS}
    return {**kept, **closing(status, int(now.timestamp()), by)}


def next_status(rng: Random, row: Row, now: datetime, by: str) -> Row:
    """A ticket one or more steps on; a closed one is opened again."""
    board = lookups.BOARD_BY_ID[row["board"]["id"]]
    status = board.status(row["status"]["id"])
    ahead = [one for one in board.statuses if status and one.rank > status.rank]
    chosen = board.statuses[2] if row["closedFlag"] or not ahead else pick(rng, ahead)
    return settle_status({**row, "status": chosen.reference}, now, by)


def quiet_move(rng: Random, table: Table, row: Row, staff: tuple[Member, ...]) -> Row:
    """A change that no other row repeats; it always differs from what was."""
    return pick(rng, _QUIET[table.id])(rng, row, staff)


def _another(rng: Random, things: tuple[Row, ...], current: Row | None) -> Row:
    others = [thing for thing in things if not current or thing["id"] != current["id"]]
    return pick(rng, others or things)


def _priority(rng: Random, row: Row, _: tuple[Member, ...]) -> Row:
    return {**row, "priority": _another(rng, lookups.PRIORITIES, row.get("priority"))}


def _owner(rng: Random, row: Row, staff: tuple[Member, ...]) -> Row:
    owner = _another(rng, tuple(member.reference for member in staff), row.get("owner"))
    return {**row, "owner": owner, "resources": owner["identifier"]}


def _budget(rng: Random, row: Row, _: tuple[Member, ...]) -> Row:
    return {**row, "budgetHours": row.get("budgetHours", 0.0) + 1 + int(rng.random() * 4)}


def _notes(rng: Random, row: Row, _: tuple[Member, ...]) -> Row:
    return {**row, "notes": f"{row.get('notes', '')} {pick(rng, words.WORK_DONE)}".strip()}


def _billing(_: Random, row: Row, __: tuple[Member, ...]) -> Row:
    other = "DoNotBill" if row.get("billableOption") == "Billable" else "Billable"
    return {**row, "billableOption": other}


def _company_phone(rng: Random, row: Row, _: tuple[Member, ...]) -> Row:
    return {**row, "phoneNumber": _number(rng, row.get("phoneNumber"))}


def _headcount(rng: Random, row: Row, _: tuple[Member, ...]) -> Row:
    return {**row, "numberOfEmployees": row.get("numberOfEmployees", 0) + 1 + int(rng.random() * 9)}


def _title(rng: Random, row: Row, _: tuple[Member, ...]) -> Row:
    others = [title for title in words.TITLES if title != row.get("title")]
    return {**row, "title": pick(rng, others)}


def _active(rng: Random, row: Row, _: tuple[Member, ...]) -> Row:
    return {**row, "inactiveFlag": not row.get("inactiveFlag"), "unsubscribeFlag": chance(rng, 0.5)}


def _number(rng: Random, current: str | None) -> str:
    while (number := f"813555{int(rng.random() * 10_000):04d}") == current:
        pass
    return number


_QUIET: dict[str, tuple[Move, ...]] = {
    COMPANIES.id: (_company_phone, _headcount),
    CONTACTS.id: (_title, _active),
    TICKETS.id: (_priority, _owner, _budget),
    TIME_ENTRIES.id: (_notes, _billing),
}
