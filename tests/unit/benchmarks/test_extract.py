from datetime import UTC, datetime
from typing import Any

from benchmarks.extract.made import Made, least, made

from cwp_local.sandbox.models import LogEntry

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def entry(path: str, query: str = "", status: int = 200, **more: Any) -> LogEntry:
    return LogEntry(
        seq=1,
        time=NOW,
        company="bench",
        method="GET",
        path=path,
        query=query,
        status=status,
        ms=1.0,
        started=NOW,
        ended=NOW,
        at_once=1,
        **more,
    )


def test_requests_are_sorted_by_what_they_were_for() -> None:
    tickets = "/v4_6_release/apis/3.0/service/tickets"
    log = [
        entry("/login/companyinfo/bench"),
        entry(tickets, "page=1&pageSize=1000", kind="page"),
        entry(tickets, "orderBy=id+desc&pageSize=1", kind="page"),
        entry(f"{tickets}/count", kind="count"),
        entry(tickets, "pageSize=1000", status=429),
        entry(tickets, "pageSize=1000", kind="page", ends="truncated"),
        entry("/_sandbox/log"),
    ]
    assert made(log) == Made(pages=1, counts=1, edges=1, companyinfo=1, failed=2)
    assert made(log).all == 6


def test_the_least_is_full_pages_the_rest_and_a_proof_of_the_end_of_each_table() -> None:
    assert least({"service_tickets": 2000, "company_configurations": 501}) == 2 + 1 + 2 + 1
    assert least({"service_tickets": 0}) == 1
