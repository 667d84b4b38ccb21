"""Rows of /time/sheets: one per member for every two weeks."""

from collections.abc import Iterator

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import TIME_SHEETS
from cwp_local.sandbox.world import ids
from cwp_local.sandbox.world.dull import bare
from cwp_local.sandbox.world.links import reference
from cwp_local.sandbox.world.people import Member
from cwp_local.sandbox.world.scene import written
from cwp_local.sandbox.world.times import DAY, SPAN, midnight

_FORTNIGHT = 14 * DAY
#: The day that the calendar counts from was a Thursday.
_MONDAY = 4 * DAY
#: Sheets are last touched this long after their end.
_APPROVAL = 7 * DAY
#: Sheets of the next weeks lie ready.
_AHEAD = 2
_FIRST, _MOST_MEMBERS = 3_000, 64


class Sheets:
    """The time sheets of a world whose newest time is `reference`, in seconds since 1970."""

    def __init__(self, reference: int) -> None:
        first = reference - SPAN - _FORTNIGHT
        self._start = first - (first - _MONDAY) % (7 * DAY)
        self._reference = reference
        self._pointing: dict[int, Row] = {}

    def of(self, member: Member, seconds: int) -> Row:
        """How rows point to the sheet that a member's work at some time goes on."""
        period = (seconds - self._start) // _FORTNIGHT
        row_id = self._id(member, period)
        found = self._pointing.get(row_id)
        if found is None:
            name = f"Week of {self._dates(period)[0][:10]}"
            found = reference("timeSheet", "time/sheets", row_id, name)
            self._pointing[row_id] = found
        return found

    def rows(self, staff: tuple[Member, ...]) -> Iterator[Row]:
        """All sheets."""
        last = SPAN // _FORTNIGHT + 2 + _AHEAD
        for period in range(last + 1):
            for member in staff:
                yield self._row(member, period, self._id(member, period))

    def row(self, member: Member, seconds: int, row_id: int) -> Row:
        """Another sheet for the weeks of some time, entered then."""
        made = self._row(member, (seconds - self._start) // _FORTNIGHT, row_id)
        return {**made, "_info": written(seconds, seconds, member.login)}

    @staticmethod
    def _id(member: Member, period: int) -> int:
        return _FIRST + _MOST_MEMBERS * period + member.id - ids.FIRST_MEMBER

    def _dates(self, period: int) -> tuple[str, str]:
        start = self._start + period * _FORTNIGHT
        return midnight(start), midnight(start + _FORTNIGHT - DAY)

    def _row(self, member: Member, period: int, row_id: int) -> Row:
        first, last = self._dates(period)
        start = self._start + period * _FORTNIGHT
        entered = min(start, self._reference)
        done = start + 2 * _FORTNIGHT < self._reference
        return {
            **bare(TIME_SHEETS),
            "id": row_id,
            "member": member.reference,
            "year": int(first[:4]),
            "period": 1 + (int(first[5:7]) - 1) * 2 + (int(first[8:10]) > _FORTNIGHT // DAY),
            "dateStart": first,
            "dateEnd": last,
            "status": "ApprovedByTierTwo" if done else "Open",
            "hours": float(60 + (7 * period + member.id) % 24) if done else 0.0,
            "deadline": midnight(start + _FORTNIGHT + 2 * DAY),
            "_info": written(
                entered, min(self._reference, start + _FORTNIGHT + _APPROVAL), member.login
            ),
        }
