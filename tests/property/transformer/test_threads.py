"""Several workers at once, as threads that die and are started again, give the one history.

Nothing here decides who comes first: the operating system does, and the file system's own
conditional put. What the workers race for is checked against the slow reference (reference.py).
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_shared.clock import utc_now
from cwp_shared.errors import Retriable
from cwp_transformer.backends import Backends
from cwp_transformer.transform import transform
from tests.property.transformer.facts import SLOW, Fact, check, files, land
from tests.property.transformer.folder import FolderLake, Mortal, RacedLake, SharedLedger
from tests.property.transformer.reference import Observation
from tests.unit.transformer.fakes import BUCKET, HISTORY, Crash, World, object_created

pytestmark = [pytest.mark.usefixtures("small_runs"), pytest.mark.timeout(600)]

WORKERS = 3


@dataclass(frozen=True)
class Worker:
    """One function that is started again whenever it dies, until its messages are done."""

    backends: Backends
    world: World
    chance: Random

    def work(self, first: str, keys: Iterable[str]) -> None:
        waiting = [first]
        while waiting:
            waiting = self._undone(waiting)
        waiting = list(keys)
        while waiting:
            size = self.chance.randint(1, 3)
            batch, waiting = waiting[:size], waiting[size:]
            waiting += self._undone(batch)

    def _undone(self, batch: list[str]) -> list[str]:
        """The messages that come back to the queue."""
        messages = [(key, object_created(key)) for key in batch]
        with suppress(Crash):
            failures = transform(messages, BUCKET, self.world.mappings, self.backends)
            assert all(isinstance(error, Retriable) for error in failures.values()), failures
            return list(failures)
        return batch


def own_fact(worker: int) -> Observation:
    """What only this worker brings first: so none finds the history as it thinks it is."""
    return Observation(
        key=100 + worker,
        u=1,
        upper=5,
        run=1,
        place=(0, 0, 0),
        summary="a",
        hours=None,
        updated_by=None,
        created=None,
    )


@settings(SLOW, max_examples=4)
@given(files(), st.integers(0, 2**32), st.sampled_from([0, 0.02]))
def test_threads_that_race_and_die_make_the_reference_history(
    given_files: tuple[list[Fact], list[list[Fact]]], seed: int, share: float
) -> None:
    facts, cut = given_files
    own = [own_fact(worker) for worker in range(WORKERS)]
    world = World()
    world.ledger = SharedLedger(world.fate)
    keys = [land(world, some) for some in cut]
    firsts = [land(world, [fact]) for fact in own]
    with TemporaryDirectory() as folder:
        lake = FolderLake(Path(folder))
        for key, body in world.lake.objects.items():
            lake.write(key, body)
        chance = Random(seed)  # noqa: S311 - chance in a test, repeatable
        lakes = race(world, lake, firsts, keys, chance, share)
        world.lake.objects |= {key: lake.read(key) for key in lake.sizes("acme/")}
    # All drafted the first revision, and one made it.
    assert sum(one.lost for one in lakes) >= WORKERS - 1
    assert world.deliver(*firsts, *keys) == {}
    check(world, [*facts, *own])
    assert set(world.announced()) == set(range(1, len(world.canonical_files()) + 1))
    assert world.ledger.announced(HISTORY) == len(world.commits())


def race(
    world: World,
    lake: FolderLake,
    firsts: list[str],
    keys: list[str],
    chance: Random,
    share: float,
) -> list[RacedLake]:
    """Let every worker take its own file and then all others; their lakes afterwards."""
    start = Barrier(WORKERS)
    lakes, running = [], []
    with ThreadPoolExecutor(WORKERS) as pool:
        for first in firsts:
            luck = Random(chance.random())  # noqa: S311 - as above
            lakes.append(RacedLake(lake, luck, share, start))
            backends = Backends(
                lakes[-1],
                Mortal(world.ledger, luck, share),
                Mortal(world.bus, luck, share),
                utc_now,
            )
            others = chance.sample(keys, len(keys))
            running.append(pool.submit(Worker(backends, world, luck).work, first, others))
    for one in running:
        one.result()
    return lakes
