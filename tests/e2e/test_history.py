"""The warehouse's history against the sandbox's own change log, after syncs in bad weather.

What the pipeline could see of a row is what it was at each sync. From that, and the times that the
rows themselves say, the history is computed here, apart from the transformer, and compared with
what a query returns: every version, every value.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from cwp_local.redshift.faults import CONFLICT, Fail, LoseEvent, Wait
from cwp_local.sandbox.weather.model import Reset, Slow, StatusFault, Truncated
from cwp_shared.tables import source_tables
from tests.e2e.conftest import Cloud
from tests.e2e.expected import (
    Row,
    api_rows,
    expected_row,
    follow,
    loaded_row,
    mappings,
    moment,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

TENANT = "e2e-true"
TICKETS, SEED = 80, 21
TABLES = ("tickets", "time_entries", "companies", "contacts")
MAPPINGS = {table: mappings()[table] for table in TABLES}


@dataclass
class ChangeLog:
    """What every row was at each sync."""

    cloud: Cloud
    last: int = 0
    #: Source table and row id to what the row was at one sync after the other.
    seen: dict[tuple[str, int], list[Row]] = field(default_factory=lambda: defaultdict(list))

    def note_first_sync(self) -> None:
        """Before any change: the rows as the API has them."""
        access = self.cloud.sandbox.make_company(TENANT, seed=SEED, tickets=TICKETS)
        for mapping in MAPPINGS.values():
            source = mapping["source"]
            for row in api_rows(access, source_tables()[source].path):
                self.seen[source, row["id"]].append(row)

    def note_sync(self) -> None:
        """After changes: each changed row as it was last."""
        entries = list(self.cloud.sandbox.history(TENANT, self.last))
        self.last = entries[-1].seq
        for key, body in {(entry.table, entry.id): entry.body for entry in entries}.items():
            assert body is not None, "deletes are proven elsewhere (test_extraction.py)"
            self.seen[key].append(body)

    def history(self, mapping: Row) -> dict[int, list[Row]]:
        """The versions that a record's states make, by record (scd2.md R2, R6, R7, R9)."""
        return {
            row_id: versions(mapping, states)
            for (source, row_id), states in self.seen.items()
            if source == mapping["source"]
        }


def versions(mapping: Row, states: Iterable[Row]) -> list[Row]:
    """Neighbours of equal tracked values are one version; each ends when the next begins."""
    tracked = {c["name"] for c in mapping["columns"] if c.get("history") != "ignored"}
    # Of a text that is cut the whole counts; here its bytes tell enough of it (ADR 15).
    tracked.add("load_notes")
    found: list[Row] = []
    for state in states:
        values = expected_row(mapping, state)
        if not found or any(values[name] != found[-1]["values"][name] for name in tracked):
            found.append({"values": values, "from": begin(mapping, state, first=not found)})
    ends = [*(version["from"] for version in found[1:]), None]
    return [{**version, "to": end} for version, end in zip(found, ends, strict=True)]


def begin(mapping: Row, state: Row, *, first: bool) -> datetime:
    updated = moment(follow(state, mapping["updated_at"]))
    created = follow(state, mapping.get("created_at") or "")
    return min(updated, moment(created)) if first and created else updated


def loaded(cloud: Cloud, mapping: Row) -> dict[int, list[Row]]:
    """The same from the warehouse."""
    (key,) = mapping["key"]
    found: dict[int, list[Row]] = defaultdict(list)
    query = f'select * from "{TENANT}"."{mapping["table"]}" order by "{key}", effective_from'
    for row in cloud.query(query):
        assert row["is_current"] == (row["effective_to"] is None)
        assert row["is_deleted"] is False
        end = row["effective_to"]
        found[int(row[key])].append(
            {
                "values": loaded_row(mapping, row),
                "from": moment(row["effective_from"]),
                "to": None if end is None else moment(end),
            }
        )
    return found


def differences(expected: Mapping[int, list[Row]], found: Mapping[int, list[Row]]) -> Iterator[str]:
    for record in expected.keys() | found.keys():
        wanted, given = expected.get(record, []), found.get(record, [])
        if wanted != given:
            yield f"{record}: log {wanted!r}, warehouse {given!r}"


def bad_weather(cloud: Cloud) -> None:
    """Requests fail in every way."""
    cloud.sandbox.set_weather(
        TENANT,
        status=(
            StatusFault(code=429, retry_after=1, times=2),
            StatusFault(code=500, times=2),
        ),
        reset=Reset(times=2),
        truncated=Truncated(times=1),
        slow=Slow(seconds=0.5, times=2),
    )


def bad_loads(cloud: Cloud) -> None:
    """Of two tables a statement fails, of one it ends unheard, of one it is late."""
    loads = f"v1|{TENANT}|"
    cloud.redshift.let(Fail(name=f"{loads}tickets", text=CONFLICT))
    cloud.redshift.let(Fail(name=f"{loads}companies", part=2, text="connection lost"))
    cloud.redshift.let(LoseEvent(name=f"{loads}time_entries"))
    cloud.redshift.let(Wait(name=f"{loads}contacts", seconds=3))


def write_too_much(cloud: Cloud, log: ChangeLog, chapters: int) -> None:
    """The notes of one time entry become longer than any column (docs/mappings.md)."""
    first = min(row_id for source, row_id in log.seen if source == "time_entries")
    notes = "\u00fcber " * 12_000 * chapters
    cloud.sandbox.patch_row(TENANT, "time_entries", first, {"notes": notes})


def test_the_warehouse_has_the_history_that_the_change_log_tells(cloud: Cloud) -> None:
    sources = [mapping["source"] for mapping in MAPPINGS.values()]
    cloud.add_tenant(TENANT, TICKETS, SEED, *sources)
    log = ChangeLog(cloud)
    log.note_first_sync()
    bad_weather(cloud)
    cloud.cwpipe("sync", TENANT)
    bad_loads(cloud)
    for seed in (1, 2):
        cloud.sandbox.play(TENANT, update=40, add=8, seed=seed)
        write_too_much(cloud, log, chapters=seed)
        bad_weather(cloud)
        cloud.cwpipe("sync", TENANT)
        log.note_sync()
    assert cloud.redshift.faults() == [], "every fault has happened"
    assert sum(len(states) > 1 for states in log.seen.values()) > 40
    cut = cloud.query(f"select count(*) as n from \"{TENANT}\".time_entries where load_notes <> ''")
    assert int(cut[0]["n"]) == 2
    for mapping in MAPPINGS.values():
        found = list(differences(log.history(mapping), loaded(cloud, mapping)))
        assert found[:3] == [], f"{mapping['table']}: {len(found)} records differ"


def test_loads_find_all_they_need_in_the_warehouse(cloud: Cloud) -> None:
    """The deployed roles with their rights, and the ledger of the loads above."""
    found = json.loads(cloud.cwpipe("warehouse", "check", "--json"))
    assert [finding for finding in found if not finding["ok"]] == []
    told = {finding["subject"]: finding["found"] for finding in found}
    role = "role connectwise-loader-settle-local"
    assert told[role] == "may run statements in this workgroup only"
    assert told["COPY role"] == "reads canonical files"
    assert told["COPY role elsewhere"] == "is refused other files"
    assert told[f"ledger of {TENANT}"].endswith("no gap")


def everything(cloud: Cloud) -> dict[str, list[Row]]:
    """All rows of all tables, but for the columns that say how we know (scd2.md R1)."""
    system = {"recorded_at", "run_id", "mapping_version", "sequence"}
    return {
        table: [
            {name: value for name, value in row.items() if name not in system}
            for row in cloud.query(f'select * from "{TENANT}"."{table}" order by sk')
        ]
        for table in TABLES
    }


def test_a_history_made_anew_is_the_same_and_holds_what_it_promises(cloud: Cloud) -> None:
    before = everything(cloud)
    for table in ("tickets", "time_entries"):
        said = cloud.cwpipe("rebuild", TENANT, table)
        assert "the history was what its raw files say" in said
        assert "every invariant holds" in cloud.cwpipe("history", "check", TENANT, table)
    assert everything(cloud) == before


def pointers(cloud: Cloud) -> dict[str, str]:
    """The revision of each of the tenant's histories, as CanonicalState has it."""
    items = cloud.aws("dynamodb").scan(TableName=STATE)["Items"]
    return {
        item["pk"]["S"]: item["revision"]["N"]
        for item in items
        if item["sk"]["S"] == "POINTER" and item["pk"]["S"].startswith(f"{TENANT}#")
    }


STATE = "CanonicalState-local"


def test_the_pointers_are_made_anew_after_their_table_is_lost(cloud: Cloud) -> None:
    dynamodb, before, rows = cloud.aws("dynamodb"), pointers(cloud), everything(cloud)
    assert len(before) == len(TABLES)
    was = dynamodb.describe_table(TableName=STATE)["Table"]
    dynamodb.delete_table(TableName=STATE)
    dynamodb.get_waiter("table_not_exists").wait(TableName=STATE, WaiterConfig={"Delay": 1})
    same = {name: was[name] for name in ("AttributeDefinitions", "KeySchema")}
    dynamodb.create_table(TableName=STATE, BillingMode="PAY_PER_REQUEST", **same)
    assert pointers(cloud) == {}
    cloud.cwpipe("recover")
    assert pointers(cloud) == before
    assert everything(cloud) == rows
    cloud.sandbox.play(TENANT, update=5, seed=3)
    cloud.cwpipe("sync", TENANT, "--table", "service_tickets")
    assert "every invariant holds" in cloud.cwpipe("history", "check", TENANT, "tickets")
    assert len(everything(cloud)["tickets"]) > len(rows["tickets"])
