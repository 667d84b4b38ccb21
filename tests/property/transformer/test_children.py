"""The items of a list as a table: what the view says is what the rules say (scd2.md R15)."""

import json
from dataclasses import dataclass, fields, replace
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cwp_ops.children_view import children_of, select
from cwp_transformer.engine import query
from tests.property.transformer import reference
from tests.property.transformer.reference import Absence, Observation
from tests.unit.transformer.fakes import (
    TICKETS,
    World,
    absences_body,
    moment,
    raw_body,
)

CHILDREN = children_of(TICKETS, "custom_fields")
UPPER = 100

Version = dict[str, Any]


@dataclass(frozen=True)
class Parent(Observation):
    """A record fact whose attributes are a list of children, (id, value)."""

    children: tuple[tuple[int, str], ...] = ()

    @property
    def attributes(self) -> tuple[Any, ...]:
        return self.summary, self.children

    def row(self) -> dict[str, Any]:
        items = [{"id": number, "value": value} for number, value in self.children]
        return super().row() | {"customFields": json.dumps(items)}


def parent(u: int, *children: tuple[int, str], key: int = 1, upper: int = 6) -> Parent:
    told = {"key": key, "u": u, "upper": upper, "run": 1, "place": (key, 0, u)}
    made: dict[str, Any] = dict.fromkeys(field.name for field in fields(Parent))
    return Parent(**made | told | {"children": children})


def children_by_rule(facts: list[Parent | Absence]) -> list[Version]:
    """Child by child, moment by moment, over what the slow reference says of the parents."""
    found: list[Version] = []
    for version in reference.history(facts):
        key, start = version["ticket_id"], version["source_updated_at"]
        seen = [f for f in facts if isinstance(f, Parent) and f.key == key and f.is_taken]
        shown = max((f for f in seen if moment(f.u) == start), key=lambda f: f.order)
        for number, value in shown.children:
            interval = {
                "effective_from": version["effective_from"],
                "effective_to": version["effective_to"],
            }
            found.append({"ticket_id": key, "id": number, "value": value} | interval)
    found.sort(key=lambda v: (v["ticket_id"], v["id"], v["effective_from"]))
    joined: list[Version] = []
    for version in found:
        if joined and _continues(joined[-1], version):
            joined[-1]["effective_to"] = version["effective_to"]
        else:
            joined.append(version)
    return joined


def _continues(one: Version, other: Version) -> bool:
    same = all(one[name] == other[name] for name in ("ticket_id", "id", "value"))
    return same and bool(one["effective_to"] == other["effective_from"])


def children_by_view(world: World) -> list[dict[str, Any]]:
    rows = world.history()
    if not rows:
        return []
    schema = world.canonical_files()[0].schema
    parents = pa.table({n: [row[n] for row in rows] for n in rows[0]}).cast(
        pa.schema([field for field in schema if field.name in rows[0]])
    )
    sql = f"{select(CHILDREN, 'parents', 'duckdb')} ORDER BY ticket_id, custom_field_id"
    found = query(f"{sql}, effective_from", parents=parents).to_pylist()
    return [dict(row) for row in found]


def told(world: World) -> list[Version]:
    return [
        {
            "ticket_id": row["ticket_id"],
            "id": row["custom_field_id"],
            "value": row["custom_field_value"],
            "effective_from": row["effective_from"],
            "effective_to": row["effective_to"],
        }
        for row in children_by_view(world)
    ]


def world_of(*files: list[Parent | Absence]) -> World:
    world = World()
    for facts in files:
        assert world.deliver(land(world, facts)) == {}
    return world


def land(world: World, facts: list[Parent | Absence]) -> str:
    rows = [fact for fact in facts if isinstance(fact, Parent)]
    if not rows:
        gone = [(fact.key, fact.t) for fact in facts if isinstance(fact, Absence)]
        return world.land(absences_body(gone, upper=UPPER))
    places = [row.place for row in rows]
    body = raw_body([row.row() for row in rows], rows[0].upper, "run-1", places)
    return world.land(body)


def seconds(rows: list[Version]) -> list[tuple[Any, ...]]:
    return [(v["id"], v["value"], v["effective_from"], v["effective_to"]) for v in rows]


def test_a_child_missing_from_its_parents_list_at_u_is_closed_at_u() -> None:
    world = world_of(
        [parent(1, (7, "a"), (8, "x")), parent(3, (7, "b")), parent(5, (7, "b"), (8, "x"))]
    )
    assert seconds(told(world)) == [
        (7, "a", moment(1), moment(3)),
        (7, "b", moment(3), None),
        (8, "x", moment(1), moment(3)),
        (8, "x", moment(5), None),
    ]
    deleted = [(r["is_current"], r["is_deleted"]) for r in children_by_view(world)]
    assert deleted == [(False, False), (True, False), (False, True), (True, False)]


def test_a_child_has_no_version_of_what_changes_around_it() -> None:
    """The parent has: of another column and of the list's order. dlt loads its children again."""
    first = parent(1, (7, "a"), (8, "x"))
    moved = replace(parent(5, (8, "x"), (7, "a"), (9, "new")), summary="b")
    world = world_of([first, replace(first, u=3, place=(1, 0, 3), summary="b"), moved])
    assert len(world.history()) == 3
    assert seconds(told(world)) == [
        (7, "a", moment(1), None),
        (8, "x", moment(1), None),
        (9, "new", moment(5), None),
    ]


def test_a_child_that_is_listed_twice_has_one_version_at_a_time() -> None:
    world = world_of([parent(1, (7, "b"), (7, "a"), (8, "x"))], [parent(3, (7, "a"), (7, "b"))])
    assert seconds(told(world)) == [(7, "b", moment(1), None), (8, "x", moment(1), moment(3))]


def test_a_late_list_divides_the_history_of_its_children() -> None:
    world = world_of([parent(1, (7, "a"))], [parent(5, (7, "a"), upper=5)], [parent(3, upper=5)])
    assert seconds(told(world)) == [(7, "a", moment(1), moment(3)), (7, "a", moment(5), None)]


def test_children_go_with_their_parent_and_come_back_with_it() -> None:
    world = world_of([parent(1, (7, "a"))], [Absence(1, 8)], [parent(1, (7, "a"), upper=9)])
    assert seconds(told(world)) == [(7, "a", moment(1), moment(8)), (7, "a", moment(9), None)]
    gone_for_good = world_of([parent(1, (7, "a"))], [Absence(1, 8)])
    (child,) = children_by_view(gone_for_good)
    assert child["effective_to"] == moment(8)
    assert (child["is_current"], child["is_deleted"]) == (False, True)


def test_a_childs_key_is_no_other_childs() -> None:
    world = world_of([parent(1, (7, "a")), parent(1, (7, "a"), key=2), parent(3, (8, "a"))])
    keys = [row["sk"] for row in children_by_view(world)]
    assert len(set(keys)) == len(keys) == 3


lists = st.dictionaries(st.integers(1, 3), st.sampled_from(["a", "b"]), max_size=3).map(
    lambda found: tuple(sorted(found.items()))
)
parents = st.builds(
    Parent,
    key=st.integers(1, 2),
    u=st.integers(0, 5),
    upper=st.sampled_from([5, 6, 7]),
    run=st.just(1),
    place=st.just((0, 0, 0)),
    summary=st.sampled_from(["a", "b"]),
    hours=st.none(),
    updated_by=st.none(),
    created=st.sampled_from([None, -3]),
    children=lists,
)
gone = st.builds(Absence, key=st.integers(1, 2), t=st.integers(0, 7))


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
@given(st.lists(parents, min_size=1, max_size=6), st.lists(gone, max_size=2), st.randoms())
def test_any_facts_in_any_order_give_the_children_of_the_rules(
    records: list[Parent], absent: list[Absence], random: Any
) -> None:
    placed = [replace(fact, place=(0, 0, n)) for n, fact in enumerate(records)]
    facts: list[Parent | Absence] = [*placed, *absent]
    random.shuffle(facts)
    uppers = list(dict.fromkeys(f.upper if isinstance(f, Parent) else UPPER for f in facts))
    world = world_of(
        *([f for f in facts if getattr(f, "upper", UPPER) == upper] for upper in uppers)
    )
    assert told(world) == children_by_rule(facts)
    for child in told(world):
        assert is_covered(child, world.history())


def is_covered(child: Version, versions: list[dict[str, Any]]) -> bool:
    """Whether the parent has versions for all the time that the child has one."""
    at_ = child["effective_from"]
    for version in versions:
        if version["ticket_id"] == child["ticket_id"] and version["effective_from"] <= at_:
            end = version["effective_to"]
            if end is None or (child["effective_to"] and child["effective_to"] <= end):
                return True
            at_ = max(at_, end)
    return False
