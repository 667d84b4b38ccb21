"""The functions of scheduler, fetcher and writer, built as each `bootstrap.py` builds them.

Their clients live in memory (`cloud.py`, `dynamo.py`), and the API is the sandbox (`site.py`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from cwp_fetcher.accounts import Accounts
from cwp_fetcher.fetch import Fetcher
from cwp_fetcher.giveup import LastWord as FetcherLastWord
from cwp_fetcher.landing import Landing, Quarantine
from cwp_fetcher.pace_table import PaceTable
from cwp_fetcher.visit import Visit
from cwp_scheduler.ending import Ender
from cwp_scheduler.last_updated import StandingStore
from cwp_scheduler.plan import Planner
from cwp_scheduler.records import RunRecords
from cwp_scheduler.sync_runs import RunStore
from cwp_scheduler.tenants import TenantStore
from cwp_scheduler.ticks import TickQueue
from cwp_scheduler.track import Tracker
from cwp_shared.bus import Bus
from cwp_shared.connectwise.api import API_VERSION, ConnectWise
from cwp_shared.connectwise.transport import Transport
from cwp_shared.events import PageJob
from cwp_shared.events.envelope import parse_message
from cwp_shared.inbox import InboxProcessor, consume, consume_together
from cwp_shared.page_jobs import JobQueue
from cwp_shared.tenants import TenantConfig
from cwp_writer.giveup import LastWord as WriterLastWord
from cwp_writer.lake import Landed, RawFiles
from cwp_writer.write import Writer
from tests.lambda_queue import lambda_context
from tests.property.extraction.cloud import Bucket, Events, Queues, queue_properties
from tests.property.extraction.dynamo import Database
from tests.property.extraction.site import Site
from tests.property.extraction.stage import Stage

LAKE = "lake"
JOBS = "fetcher/JobsQueue"
REQUESTS = "scheduler/RequestsQueue"

#: The answer of a function to a batch of records.
Handler = Callable[[dict[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Function:
    """A function and its queue; `at_once` of it run at a time."""

    name: str
    queue: str
    handler: Handler
    batch: int
    lifetime: timedelta
    at_once: int
    visibility: timedelta
    receives: int


@dataclass
class Services:
    """All functions, and the tables they share among their own."""

    stage: Stage
    bucket: Bucket
    queues: Queues
    events: Events
    site: Site
    tenant: TenantConfig

    def __post_init__(self) -> None:
        self._bus = Bus(self.events, "bus")
        self._tables()
        self.functions = [self._plan(), self._track(), self._fetch(), self._write()]

    def _tables(self) -> None:
        database = Database(self.stage)
        self.sync_runs = database.table("SyncRuns", "pk", "sk")
        self.last_updated = database.table("LastUpdated", "tenant_id", "table")
        self.fetcher_state = database.table("FetcherState", "tenant_id")
        self.tenant_services = database.table("TenantServices", "tenant_id", "service")
        self.tenant_services.put_item(Item=self.tenant.to_item())

    def _plan(self) -> Function:
        planner = Planner(
            tenants=TenantStore(self.tenant_services),
            runs=RunStore(self.sync_runs, self.last_updated.name),
            standings=StandingStore(self.last_updated),
            jobs=JobQueue(self.queues, JOBS),
            ticks=TickQueue(self.queues, REQUESTS),
            clock=self.stage.clock,
        )
        handle = self._one_by_one(
            "scheduler", "RequestsQueue", lambda record: planner.handle(record.body)
        )
        return self._function("plan", "scheduler", "RequestsQueue", handle, batch=10, at_once=2)

    def _track(self) -> Function:
        runs = RunStore(self.sync_runs, self.last_updated.name)
        standings = StandingStore(self.last_updated)
        records = RunRecords(self.bucket, LAKE)
        ender = Ender(runs, standings, records, self._bus, self.stage.clock)
        tracker = Tracker(runs, standings, JobQueue(self.queues, JOBS), ender, self.stage.clock)
        handle = self._one_by_one(
            "scheduler", "ProgressQueue", lambda record: tracker.handle(record.body)
        )
        return self._function("track", "scheduler", "ProgressQueue", handle, batch=10, at_once=2)

    def _fetch(self) -> Function:
        quarantine = Quarantine(self.bucket, LAKE)
        api = self._api()
        containers: list[tuple[int, Accounts]] = []
        paces = PaceTable(self.fetcher_state, self.stage.seconds, self.stage.sleep)
        fetcher = Fetcher(
            visit=lambda tenant_id: Visit(
                tenant_id,
                self._free(containers, api),
                api,
                paces,
                self.stage.seconds,
                self.stage.sleep,
            ),
            landing=Landing(self.bucket, LAKE),
            quarantine=quarantine,
            bus=self._bus,
            jobs=JobQueue(self.queues, JOBS),
            api_version=API_VERSION,
            clock=self.stage.clock,
            chance=self.stage.rng.random,
        )
        last_word = FetcherLastWord(quarantine, self._bus, self.stage.clock)
        handle = self._one_by_one(
            "fetcher",
            "JobsQueue",
            lambda record: fetcher.handle(
                parse_message(record.body, PageJob),
                int(record.attributes.approximate_receive_count),
            ),
            last_word.say,
        )
        return self._function("fetch", "fetcher", "JobsQueue", handle, batch=1, at_once=5)

    def _api(self) -> ConnectWise:
        session = requests.Session()
        session.mount("http://", self.site)
        return ConnectWise(
            Transport(session), API_VERSION, clock=self.stage.clock, chance=self.stage.rng.random
        )

    def _free(self, containers: list[tuple[int, Accounts]], api: ConnectWise) -> Accounts:
        """What a container remembers; a container serves one invocation at a time."""
        assert self.stage.current
        mine = self.stage.current.number
        busy = {one.number for one in self.stage.playing} - {mine}
        free = next((one for one in containers if one[0] not in busy), None)
        if free:
            containers.remove(free)
        accounts = free[1] if free else self._accounts(api)
        containers.append((mine, accounts))
        return accounts

    def _accounts(self, api: ConnectWise) -> Accounts:
        keys = self.site.company.keys
        secret = {
            "public_key": keys.public_key,
            "private_key": keys.private_key,
            "client_id": keys.client_id,
        }
        return Accounts(
            stage="local",
            allowed_hosts=(),
            find_item=lambda _: self.tenant.to_item(),
            find_secret=lambda _: json.dumps(secret),
            find_codebase=api.codebase,
        )

    def _write(self) -> Function:
        files = RawFiles(self.bucket, LAKE, self.stage.clock)
        writer = Writer(landed=Landed(self.bucket, LAKE), files=files, bus=self._bus)
        last_word = WriterLastWord(self._bus)

        def handle(event: dict[str, Any]) -> Mapping[str, Any]:
            return consume_together(
                event,
                lambda_context(),
                self._processor("writer", "PagesQueue", last_word.say),
                lambda records: writer.handle({r.message_id: r.body for r in records}),
            )

        return self._function("write", "writer", "PagesQueue", handle, batch=20, at_once=2)

    def _one_by_one(
        self,
        service: str,
        queue: str,
        handle: Callable[[SQSRecord], None],
        last_word: Callable[[str, Exception], None] = lambda _, __: None,
    ) -> Handler:
        return lambda event: consume(
            event,
            lambda_context(),
            self._processor(service, queue, last_word),
            handle,
        )

    def _processor(
        self, service: str, queue: str, last_word: Callable[[str, Exception], None]
    ) -> InboxProcessor:
        def on_dead_letter(record: SQSRecord, error: Exception) -> None:
            last_word(record.body, error)

        url = f"{service}/{queue}"
        return InboxProcessor(self.queues, url, f"{url} dead letters", on_dead_letter)

    def _function(
        self, name: str, service: str, queue: str, handler: Handler, *, batch: int, at_once: int
    ) -> Function:
        deployed = queue_properties(service, queue)
        visibility = deployed["VisibilityTimeout"]
        return Function(
            name=name,
            queue=f"{service}/{queue}",
            handler=handler,
            batch=batch,
            # Visibility is six times the function's timeout, as the templates say.
            lifetime=timedelta(seconds=visibility // 6),
            at_once=at_once,
            visibility=timedelta(seconds=visibility),
            receives=deployed["RedrivePolicy"]["maxReceiveCount"],
        )
