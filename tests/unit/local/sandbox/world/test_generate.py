import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from itertools import chain

import pytest

from cwp_local.sandbox.calls import json_text
from cwp_local.sandbox.tables import (
    COMPANIES,
    CONTACTS,
    NOTES,
    PROJECT_TICKETS,
    TABLES,
    TICKETS,
    TIME_ENTRIES,
    USER_DEFINED_FIELDS,
    Table,
)
from cwp_local.sandbox.world.generate import World, blocks, generate
from tests.unit.local.sandbox.world.checks import MOMENT
from tests.unit.local.sandbox.world.conftest import REFERENCE, Rows

SMALL = World(seed=3, tickets=60, reference=REFERENCE)
EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.id)


def test_the_same_world_gives_the_same_bytes() -> None:
    first, second = ([json_text(row) for _, row in generate(SMALL)] for _ in range(2))
    assert first == second


_HASH = """
import hashlib
from cwp_local.sandbox.calls import json_text
from cwp_local.sandbox.world.generate import World, generate
world = World(seed=3, tickets=60, reference={reference})
text = "".join(json_text(row) for _, row in generate(world))
print(hashlib.sha256(text.encode()).hexdigest())
"""


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_another_process_makes_the_same_bytes(hash_seed: str) -> None:
    text = "".join(json_text(row) for _, row in generate(SMALL))
    made = subprocess.run(
        [sys.executable, "-c", _HASH.format(reference=REFERENCE)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() == hashlib.sha256(text.encode()).hexdigest()


def test_another_seed_gives_other_rows() -> None:
    first, second = (
        {json_text(row) for table, row in generate(World(seed, 60, REFERENCE))
         if table in (COMPANIES, CONTACTS, TICKETS, NOTES, TIME_ENTRIES)}
        for seed in (1, 2)
    )  # fmt: skip
    assert not first & second


def test_the_reference_time_shifts_times_only() -> None:
    day = 86_400
    first, later = (
        [row["id"] for _, row in generate(World(3, 60, REFERENCE + shift))] for shift in (0, day)
    )
    assert first == later


def test_blocks_are_the_same_in_any_order(world: World) -> None:
    forwards = [[json_text(row) for _, row in block()] for block in blocks(world)]
    backwards = [[json_text(row) for _, row in block()] for block in reversed(blocks(world))]
    assert forwards == backwards[::-1]
    assert len(forwards) == 1 + 1 + 2


def test_ids_of_a_block_grow_within_each_table(world: World) -> None:
    for block in blocks(world):
        last: dict[Table, int] = {}
        for table, row in block():
            assert row["id"] > last.get(table, 0)
            last[table] = row["id"]


def test_parents_come_before_their_children() -> None:
    seen: Counter[str] = Counter()
    for table, row in generate(World(3, 400, REFERENCE)):
        if table.parent:
            name, _, inner = table.parent.link.partition("/")
            parent = row[name][inner] if inner else row[name]
            assert seen[f"{table.parent.path}/{parent}"]
        seen[f"{table.path}/{row['id']}"] += 1


def test_proportions(rows: Rows) -> None:
    total = sum(map(len, rows.values()))
    assert len(rows[TICKETS]) == 2000
    assert len(rows[COMPANIES]) == 50 + 3
    assert 150 <= len(rows[CONTACTS]) <= 250
    assert 3500 <= len(rows[TIME_ENTRIES]) <= 4800
    assert 1000 <= len(rows[NOTES]) <= 1700
    assert total < 2000 * (1 + 2.2 + 2)


def test_a_company_without_tickets_can_be_made() -> None:
    counts = Counter(table.id for table, _ in generate(World(1, 0, REFERENCE)))
    assert counts["company_companies"] == 1 + 3
    assert counts["service_tickets"] == 0
    assert counts["service_boards_statuses"] == 5 * 9


@EVERY_TABLE
def test_ids_have_gaps(rows: Rows, table: Table) -> None:
    ids = sorted(rows[table])
    if len(ids) > 100:
        assert ids[-1] - ids[0] >= len(ids)


def test_both_kinds_of_tickets_share_their_ids(rows: Rows) -> None:
    assert rows[PROJECT_TICKETS]
    assert not rows[TICKETS].keys() & rows[PROJECT_TICKETS].keys()


@EVERY_TABLE
def test_last_updated_lies_in_the_past_three_years(rows: Rows, table: Table) -> None:
    oldest = datetime.fromtimestamp(REFERENCE, UTC).replace(year=2023)
    for row in rows[table].values():
        if table is USER_DEFINED_FIELDS:
            assert row["_info"] == {}
            continue
        text = row["_info"]["lastUpdated"]
        assert MOMENT.fullmatch(text)
        assert oldest <= datetime.fromisoformat(text)
        assert datetime.fromisoformat(text).timestamp() <= REFERENCE
        assert row["_info"].get("dateEntered", "") <= text


def test_time_is_spread_over_the_span(rows: Rows) -> None:
    days = Counter(row["_info"]["dateEntered"][:4] for row in rows[TICKETS].values())
    assert set(days) == {"2023", "2024", "2025", "2026"}
    entered = [row["_info"]["dateEntered"][:10] for row in rows[TICKETS].values()]
    assert entered == sorted(entered)


def test_every_table_has_rows(rows: Rows) -> None:
    assert rows.keys() == set(TABLES.values())
    assert all(chain(rows.values()))
