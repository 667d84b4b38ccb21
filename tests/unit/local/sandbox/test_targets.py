import pytest

from cwp_local.sandbox.calls import Refused
from cwp_local.sandbox.tables import (
    BOARD_STATUSES,
    COMPANIES,
    COMPANY_TYPES,
    NOTES,
    TICKETS,
    WORK_TYPES,
)
from cwp_local.sandbox.targets import Target, target_of


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("service/tickets", Target(TICKETS, "list")),
        ("Service/Tickets/7", Target(TICKETS, "row", 7)),
        ("service/tickets/count", Target(TICKETS, "count")),
        ("service/tickets/search", Target(TICKETS, "search")),
        ("service/tickets/7/notes", Target(NOTES, "list", parent_id=7)),
        ("service/tickets/7/notes/count", Target(NOTES, "count", parent_id=7)),
        ("service/tickets/7/notes/9", Target(NOTES, "row", 9, parent_id=7)),
        ("service/boards/3/STATUSES/301", Target(BOARD_STATUSES, "row", 301, parent_id=3)),
        ("company/companies/types", Target(COMPANY_TYPES, "list")),
        ("company/companies/types/2", Target(COMPANY_TYPES, "row", 2)),
        ("company/companies/2", Target(COMPANIES, "row", 2)),
        ("time/worktypes", Target(WORK_TYPES, "list")),
    ],
)
def test_paths(path: str, target: Target) -> None:
    assert target_of(path) == target


@pytest.mark.parametrize(
    "path",
    [
        *("", "service", "service/tickets/x", "service/tickets/-1", "service/tickets/1/2"),
        *("service/tickets/notes", "company/contacts/search", "service/tickets/7/notes/search"),
        *("service//tickets", "service/tickets/1234567890123456", "company/companies/{id}/sites"),
    ],
)
def test_paths_that_mean_nothing(path: str) -> None:
    with pytest.raises(Refused, match="does not exist"):
        target_of(path)
