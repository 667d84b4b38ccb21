"""A batch of messages, sorted into pages: one delivery per page, however often it was sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cwp_shared.errors import PipelineError
from cwp_shared.events import PageFetched, parse_envelope


@dataclass(frozen=True)
class Delivery:
    """A page to be written, and the messages that ask for it."""

    page: PageFetched
    message_ids: tuple[str, ...]

    def and_again(self, page: PageFetched, message_id: str) -> "Delivery":
        """The delivery with one more message; of two accounts of a page, the fuller one stays."""
        fuller = page if _fullness(page) > _fullness(self.page) else self.page
        return replace(self, page=fuller, message_ids=(*self.message_ids, message_id))


#: Tenant, table, run, mode: what may share a file.
Group = tuple[str, str, str, str]


def sort_messages(
    bodies: Mapping[str, str],
) -> tuple[dict[Group, list[Delivery]], dict[str, Exception]]:
    """Deliveries by group, in order of window and page; and the messages that are none.

    Args:
        bodies: message bodies by message id.
    """
    deliveries: dict[tuple[str, ...], Delivery] = {}
    failures: dict[str, Exception] = {}
    for message_id, body in bodies.items():
        try:
            page = parse_envelope(body, [PageFetched])
        except PipelineError as error:
            failures[message_id] = error
            continue
        # Same job, other content: one of the two is wrong, and reading the page tells which.
        same = (*_group(page), page.job_id, page.sha256)
        known = deliveries.get(same)
        deliveries[same] = (
            known.and_again(page, message_id) if known else Delivery(page, (message_id,))
        )
    return _grouped(deliveries.values()), failures


def _fullness(page: PageFetched) -> tuple[bool, bool]:
    # A job done twice asks `/count` twice: the second time the window may have proved complete.
    return page.is_last, page.counted is not None


def _group(page: PageFetched) -> Group:
    return page.tenant_id, page.table, page.run_id, page.mode


def _grouped(deliveries: Iterable[Delivery]) -> dict[Group, list[Delivery]]:
    groups: dict[Group, list[Delivery]] = {}
    for one in sorted(deliveries, key=lambda each: (each.page.window, each.page.page)):
        groups.setdefault(_group(one.page), []).append(one)
    return groups
