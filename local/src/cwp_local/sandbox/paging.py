"""Which rows of a list a request means, and the Link header that leads to the others."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from cwp_local.sandbox.calls import Call, invalid, refused

_DEFAULT_SIZE, _LARGEST_SIZE = 25, 1000
_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Window:
    """A page of a list. `after` is set when pages follow ids (forward-only), else `number` is."""

    size: int
    number: int
    after: int | None

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return 0 if self.after is not None else (self.number - 1) * self.size


def window(call: Call, *, ordered: bool, strict_size: bool = False) -> Window:
    """The page that a request asks for; more than 1,000 rows are never given.

    Args:
        call: the request; forward-only if its header says so, in any case.
        ordered: whether the request brings an order of its own.
        strict_size: refuse a larger page, as services of 2016 did, rather than cut it to 1,000.

    Raises:
        Refused: 400 for a page or size that is none, and for an order with forward-only.
    """
    size = _number(call, "pageSize", _DEFAULT_SIZE, 1, _LARGEST_SIZE if strict_size else None)
    size = min(size, _LARGEST_SIZE)
    if call.headers.get("pagination-type", "").strip().lower() != "forward-only":
        return Window(size, _number(call, "page", 1, 1), after=None)
    if ordered:
        raise refused(400, "InvalidRequest", "orderBy is not allowed with forward-only pagination.")
    return Window(size, 1, after=_number(call, "pageId", 0, 0))


def page_size_asked(call: Call) -> int:
    """The size of page that a request names, before it is cut; 25 for a text that is no number."""
    text = call.parameter("pageSize").strip()
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else _DEFAULT_SIZE


def numbered_links(call: Call, page: Window, total: int) -> str:
    """`<...&page=2>; rel="next", <...&page=9>; rel="last"`; empty if all rows are on one page."""
    last = max(1, -(-total // page.size))
    ways = {
        "next": page.number + 1 if page.number < last else None,
        "last": last if page.number < last else None,
        "first": 1 if page.number > 1 else None,
        "prev": min(page.number - 1, last) if page.number > 1 else None,
    }
    return ", ".join(
        f'<{_link(call, "page", number)}>; rel="{way}"' for way, number in ways.items() if number
    )


def forward_link(call: Call, last_id: int | None) -> str:
    """The link to the page after `last_id`; empty, but always there, on the last page."""
    return "" if last_id is None else f'<{_link(call, "pageId", last_id)}>; rel="next"'


def _link(call: Call, name: str, value: int) -> str:
    """The request's own URL with one parameter set and put last, written as live services do."""
    skipped = {"page", "pageid"}
    kept = [(key, text) for key, text in call.parameters() if key.lower() not in skipped]
    query = re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), urlencode(kept))
    return f"{call.base_url}{call.path.rstrip('/')}/?{query}{'&' if query else ''}{name}={value}"


def _number(call: Call, name: str, default: int, lowest: int, highest: int | None = None) -> int:
    highest = highest or _LARGEST_NUMBER
    text = call.parameter(name).strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,10}", text) or not lowest <= int(text) <= highest:
        message = f"The field {name} must be between {lowest} and {highest}."
        raise invalid("paging", [("OutOfRange", name, message)])
    return int(text)
