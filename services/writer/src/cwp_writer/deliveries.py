"""A batch of messages, sorted into pages: one delivery per page, however often it was sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cwp_shared.errors import PipelineError
from cwp_shared.events import PageFetched, parse_envelope


@dataclass(frozen=True)
class Delivery:
    """A page to be written, and the messages that ask for it."""

    page: PageFetched
    message_ids: list[str] = field(default_factory=list)


#: Tenant, table, run: what may share a raw file.
Group = tuple[str, str, str]


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
        same = (page.tenant_id, page.table, page.run_id, page.job_id, page.sha256)
        deliveries.setdefault(same, Delivery(page)).message_ids.append(message_id)
    return _grouped(deliveries.values()), failures


def _grouped(deliveries: Iterable[Delivery]) -> dict[Group, list[Delivery]]:
    groups: dict[Group, list[Delivery]] = {}
    for one in sorted(deliveries, key=lambda each: (each.page.window, each.page.page)):
        group = (one.page.tenant_id, one.page.table, one.page.run_id)
        groups.setdefault(group, []).append(one)
    return groups
