"""The extraction chain in one process: the services' own logic, wired as their templates wire it.

A function's messages come from its queue; it acknowledges them, fails them, or dies. What happens
next is drawn, again and again, from all that could.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cwp_local.sandbox.companies import Companies
from cwp_shared import keys
from cwp_shared.events import PageJob
from cwp_shared.tenants import TenantConfig
from tests.property.extraction.cloud import Bucket, Events, Message, Queues, rules
from tests.property.extraction.services import REQUESTS, Function, Services
from tests.property.extraction.site import URL, Site
from tests.property.extraction.stage import Dies, Invocation, Stage

_TICKS = timedelta(minutes=5)

#: Where an invocation of a function dies that is to handle these messages.
Fate = Callable[[str, list[Message]], Dies]


def immortal(_: int, __: str) -> bool:
    """Dies nowhere."""
    return False


@dataclass
class Chain:
    """Everything, and the order in which it happens.

    Args:
        rng: draws all that is left to chance.
        now: when it begins.
        companies: the sandbox's, one of which is the tenant's.
        tenant: the one tenant; its site is the sandbox.
        copied: how many of the messages come twice.
        fate: says which invocations die.
    """

    rng: Random
    now: datetime
    companies: Companies
    tenant: TenantConfig
    copied: float = 0.0
    fate: Fate = lambda _, __: immortal
    #: The messages that each invocation was given, which had a page that had landed already, and
    #: which of those were received for the first time.
    given: dict[int, list[Message]] = field(default_factory=dict)
    landed_before: set[int] = field(default_factory=set)
    came_late: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.stage = Stage(self.rng, self.now)
        self.bucket = Bucket(self.stage)
        self.queues = Queues(self.stage, self.copied)
        self.events = Events(self.stage, self.queues, rules("scheduler", "writer"))
        self.site = Site(self.stage, self.companies, self.companies.get(self.tenant.company))
        services = Services(
            self.stage, self.bucket, self.queues, self.events, self.site, self.tenant
        )
        self.functions = services.functions
        self.sync_runs, self.last_updated = services.sync_runs, services.last_updated
        self._next_tick = self.now

    def play(self, until: Callable[[], bool], limit: timedelta) -> None:
        """Let everything happen until `until`, which is asked whenever nothing can happen now.

        Raises:
            AssertionError: it does not come to that within `limit`.
        """
        latest = self.stage.now + limit
        while True:
            acts = self._acts()
            if acts:
                self.rng.choice(acts)()
            elif until():
                return
            else:
                self.stage.now = max(self.stage.now, self._next_moment())
                assert self.stage.now < latest, f"not settled within {limit}"

    def _acts(self) -> list[Callable[[], None]]:
        """All that could happen next."""
        if self.stage.now >= self._next_tick:
            self._next_tick += _TICKS
            self.queues.add(REQUESTS, '{"tick": true}', self.stage.now)
        awake = [lambda one=one: self.stage.turn(one) for one in self.stage.awake()]
        working = [one.function for one in self.stage.playing]
        free = [
            lambda function=function: self._invoke(function)
            for function in self.functions
            if working.count(function.name) < function.at_once
            and self.queues.visible(function.queue)
        ]
        return [*awake, *free]

    @property
    def is_quiet(self) -> bool:
        """Whether no message is in a queue, and nobody works."""
        waiting = any(self.queues.messages.get(function.queue) for function in self.functions)
        return not waiting and not self.stage.playing

    def _next_moment(self) -> datetime:
        messages = [
            message.visible_at
            for function in self.functions
            for message in self.queues.messages.get(function.queue, ())
            if message.visible_at > self.stage.now
        ]
        sleepers = [one.wakes_at for one in self.stage.playing]
        return min([self._next_tick, *messages, *sleepers])

    def _invoke(self, function: Function) -> None:
        batch = self.queues.receive(
            function.queue, function.batch, function.visibility, function.receives
        )
        if not batch:
            return

        def work(invocation: Invocation) -> None:
            self._note(invocation, batch)
            try:
                answer = function.handler({"Records": [_record(message) for message in batch]})
                failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
                with self.stage.effect("acknowledge"):
                    for message in batch:
                        if message.id not in failed:
                            self.queues.delete(function.queue, message)
            finally:
                for message in batch:
                    message.deaths += invocation.died_at is not None

        self.stage.start(function.name, work, function.lifetime, self.fate(function.name, batch))

    def _note(self, invocation: Invocation, batch: list[Message]) -> None:
        self.given[invocation.number] = batch
        invocation.copied = any(message.copied for message in batch)
        if invocation.function == "fetch":
            job = PageJob.model_validate_json(batch[0].body)
            key = keys.landing(job.tenant_id, job.table, job.run_id, job.job_id)
            if key in self.bucket.objects:
                self.landed_before.add(invocation.number)
                if batch[0].receives == 1 and not job.resumed:
                    self.came_late.add(invocation.number)


def tenant(company: str, **settings: Any) -> TenantConfig:
    """A tenant whose site is the sandbox."""
    return TenantConfig(tenant_id="acme", site=URL, company=company, **settings)


def _record(message: Message) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": message.id,
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.receives)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }
