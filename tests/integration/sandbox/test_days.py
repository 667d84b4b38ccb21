"""Working days of a real sandbox: played on command, while a client walks, and read again."""

import threading
from typing import Any

import requests

from cwp_local.sandbox.control import SandboxControl
from cwp_local.sandbox.models import CompanyAccess
from tests.integration.sandbox.conftest import session_for

API = "/v4_6_release/apis/3.0"


def walk(access: CompanyAccess, path: str) -> dict[int, dict[str, Any]]:
    """All rows by keyset, each page after the last id of the one before."""
    rows: dict[int, dict[str, Any]] = {}
    with session_for(access) as session:
        while page := _page(session, access, path, max(rows, default=0)):
            assert not rows.keys() & {row["id"] for row in page}
            rows |= {row["id"]: row for row in page}
    return rows


def _page(
    session: requests.Session, access: CompanyAccess, path: str, after: int
) -> list[dict[str, Any]]:
    params = {"conditions": f"id > {after}", "orderBy": "id", "pageSize": "50"}
    answer = session.get(f"{access.site}{API}{path}", params=params)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return found


def test_a_walk_meets_changes_and_loses_no_row_that_stays(control: SandboxControl) -> None:
    access = control.make_company("Busy", seed=9, tickets=400)
    before = walk(access, "/service/tickets")
    control.start_tick("Busy", days=5, every_requests=2)
    walked = walk(access, "/service/tickets")
    state = control.stop_tick("Busy")
    assert state.running is None
    assert state.played >= 4
    changes = state.changes.tables["service_tickets"]
    assert changes.updated
    assert before.keys() - set(changes.deleted) <= walked.keys()
    assert walked.keys() <= before.keys() | set(changes.added)
    control.delete_company("Busy")


def test_the_change_log_gives_every_row_its_history(control: SandboxControl) -> None:
    access = control.make_company("Logged", seed=2, tickets=200)
    before = walk(access, "/time/entries")
    played = control.tick("Logged", days=20, seed=1)
    after = walk(access, "/time/entries")
    log = [entry for entry in control.history("Logged") if entry.table == "time_entries"]
    then = {**before, **{entry.id: entry.body for entry in log}}
    assert {row_id: row for row_id, row in then.items() if row is not None} == after
    first = {entry.id: entry for entry in reversed(log)}
    changed = {row_id for row_id, entry in first.items() if entry.kind == "initial"}
    assert all(first[row_id].body == before[row_id] for row_id in changed)
    told = played.tables["time_entries"]
    assert changed == {*told.updated, *told.deleted}
    control.delete_company("Logged")


def test_others_are_served_while_a_large_company_is_made(
    control: SandboxControl, access: CompanyAccess
) -> None:
    maker = threading.Thread(
        target=lambda: control.make_company("Large", seed=1, tickets=4000), daemon=True
    )
    maker.start()
    steps = set()
    with session_for(access) as session:
        while maker.is_alive():
            making = control.making()
            steps.add(making and making.step)
            assert _page(session, access, "/service/tickets", 0)
            maker.join(0.02)
    assert "generate" in steps
    assert control.making() is None
    assert control.company("Large").counts["service_tickets"] == 4000
    control.delete_company("Large")
