"""Functions that die: an AWS call, or a publish, that does not return."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from cwp_shared.events import Event
from tests.integration.scheduler.world import RecordedBus, World


class Death(Exception):
    """The function is gone."""


@dataclass
class Mortal:
    """Lets the function die at a step: before or after one of its calls to the outside."""

    #: None: it lives.
    steps_left: int | None = None

    def step(self, **_: Any) -> None:
        if self.steps_left is None:
            return
        self.steps_left -= 1
        if self.steps_left < 0:
            self.steps_left = None
            raise Death

    def watch(self, world: World) -> None:
        tables = (world.planner.runs._table, world.planner.standings._table)
        for client in (*(table.meta.client for table in tables), world.sqs, world.s3):
            client.meta.events.register("before-call.*", self.step)
            client.meta.events.register("after-call.*", self.step)
        ender = replace(world.tracker.ender, bus=MortalBus(world.bus, self))
        world.tracker = replace(world.tracker, ender=ender)


@dataclass
class MortalBus:
    """Publishes, and may not live to tell."""

    bus: RecordedBus
    mortal: Mortal

    def publish(self, events: Iterable[Event]) -> None:
        self.mortal.step()
        self.bus.publish(events)
        self.mortal.step()
