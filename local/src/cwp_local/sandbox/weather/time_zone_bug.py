"""Times in conditions taken for others than they are, as some services do with zones they are told.

Known workaround of clients: send times without a zone, which are taken as they are.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from cwp_local.sandbox.filters import Filters
from cwp_shared.clock import iso_seconds

#: Quoted text, which stays as it is, or a time in brackets.
_TEXT_OR_MOMENT = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'|\[([^\]]*)\]""")


def mistaken(filters: Filters, hours: float) -> Filters:
    """The filters with every zoned time of `conditions` moved by `hours`."""
    if not hours:
        return filters
    by = timedelta(hours=hours)

    def moved(found: re.Match[str]) -> str:
        return found[0] if found[1] is None else _moved(found[0], found[1].strip(), by)

    return replace(filters, conditions=_TEXT_OR_MOMENT.sub(moved, filters.conditions))


def _moved(written: str, text: str, by: timedelta) -> str:
    try:
        at = datetime.fromisoformat(text)
        return written if at.tzinfo is None else f"[{iso_seconds(at + by)}]"
    except (ValueError, OverflowError):
        return written
