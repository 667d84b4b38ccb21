"""Rows set aside are found, and taken by reading their raw file again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from cwp_ops.errors import OperatorError
from cwp_ops.quarantine import Aside, Replay, find

RAW = "acme/raw/connectwise/service_tickets/20260101T000000000001Z.parquet"
KEY = "acme/quarantine/service_tickets/tickets-20260101T000000000001Z.jsonl"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def lines(version: int, *reasons: str) -> str:
    rows = [
        {"reason": reason, "mapping_version": version, "raw_key": RAW, "raw_row": number}
        for number, reason in enumerate(reasons)
    ]
    return "\n".join(map(json.dumps, rows)) + "\n"


@dataclass
class FakeLake:
    objects: dict[str, str] = field(default_factory=dict)
    written: dict[str, datetime] = field(default_factory=dict)

    def write(self, key: str, text: str) -> None:
        self.objects[key] = text
        self.written[key] = NOON + timedelta(hours=len(self.written), minutes=len(text))

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        return ((k, len(v)) for k, v in sorted(self.objects.items()) if k.startswith(prefix))

    def text(self, key: str) -> str | None:
        return self.objects.get(key)

    def modified(self, key: str) -> datetime | None:
        return self.written.get(key) if key in self.objects else None

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)


class World:
    """A bucket with rows set aside under version 1, and a transformer that reads what is sent."""

    def __init__(self, *, mapping_version: int = 2, still_aside: str | None = None) -> None:
        self.lake = FakeLake()
        self.lake.write(RAW, "raw")
        self.lake.write(KEY, lines(1, "too long", "too long"))
        self.lake.write("acme/quarantine/service_tickets/page-7.json", "{}")
        self.still_aside = still_aside
        self.marks = {RAW}
        self.sent: list[str] = []
        self.replay = Replay(
            lake=self.lake,
            bucket="lake",
            versions={"tickets": mapping_version},
            forget=lambda aside: self.marks.discard(aside.raw_key),
            is_done=lambda aside: aside.raw_key in self.marks,
            send_files=self._transform,
            wait=lambda: None,
            clock=lambda: NOON,
            patience=2,
        )

    def asides(self) -> list[Aside]:
        return find(self.lake, "acme")

    def _transform(self, messages: list[tuple[str, str]]) -> None:
        for _, body in messages:
            self.sent.append(json.loads(body)["detail"]["object"]["key"])
            if self.still_aside:
                self.lake.write(KEY, self.still_aside)
            self.marks.add(RAW)


def test_rows_set_aside_are_found_with_their_reasons_and_other_objects_left_out() -> None:
    (aside,) = World().asides()
    assert (aside.canonical_table, aside.raw_key, aside.mapping_version) == ("tickets", RAW, 1)
    assert aside.reasons == {"too long": 2}


def test_a_newer_mapping_takes_them_and_nothing_is_left_aside() -> None:
    world = World()
    (outcome,) = world.replay.run(world.asides())
    assert (outcome.taken, outcome.left) == (2, 0)
    assert world.sent == [RAW]
    assert world.replay.run(world.asides()) == []


def test_the_same_mapping_cannot_take_what_it_did_not() -> None:
    world = World(mapping_version=1)
    (outcome,) = world.replay.run(world.asides())
    assert "still version 1" in outcome.note
    assert world.sent == []
    assert len(world.asides()) == 1


def test_what_still_does_not_fit_stays_aside() -> None:
    world = World(still_aside=lines(2, "too long"))
    (outcome,) = world.replay.run(world.asides())
    assert (outcome.taken, outcome.left) == (1, 1)
    assert [aside.mapping_version for aside in world.asides()] == [2]


def test_a_mapping_that_is_not_deployed_yet_loses_nothing() -> None:
    world = World(still_aside=lines(1, "too long", "too long"))
    (outcome,) = world.replay.run(world.asides())
    assert (outcome.taken, outcome.left) == (0, 2)
    assert len(world.asides()) == 1


def test_a_transformer_that_does_not_come_by_leaves_the_rows_aside() -> None:
    world = World()
    replay = replace(world.replay, send_files=lambda _: None)
    (outcome,) = replay.run(world.asides())
    assert outcome.left == 2
    assert "not done yet" in outcome.note
    assert len(world.asides()) == 1


@pytest.mark.parametrize("raw_key", [RAW.replace("acme", "rival"), "acme/../rival/raw/x.parquet"])
def test_a_forged_note_does_not_have_another_tenants_file_read_again(raw_key: str) -> None:
    lake = FakeLake()
    lake.write(KEY, lines(1, "too long").replace(RAW, raw_key))
    with pytest.raises(OperatorError, match="another tenant"):
        find(lake, "acme")
