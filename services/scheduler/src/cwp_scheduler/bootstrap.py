"""Builds the two functions' collaborators, once per container."""

from functools import cache

from cwp_scheduler.ending import Ender
from cwp_scheduler.last_updated import StandingStore
from cwp_scheduler.plan import Planner
from cwp_scheduler.records import RunRecords
from cwp_scheduler.settings import SchedulerSettings
from cwp_scheduler.sync_runs import RunStore
from cwp_scheduler.tenants import TenantStore
from cwp_scheduler.ticks import TickQueue
from cwp_scheduler.track import Tracker
from cwp_shared import aws
from cwp_shared.bus import Bus
from cwp_shared.clock import utc_now
from cwp_shared.inbox import InboxProcessor
from cwp_shared.page_jobs import JobQueue


@cache
def settings() -> SchedulerSettings:
    """The environment, checked."""
    return SchedulerSettings.from_environment()


def processor() -> InboxProcessor:
    """A fresh batch processor: it keeps the state of one invocation."""
    return InboxProcessor(aws.client("sqs"), settings().queue_url, settings().dead_letter_url)


@cache
def planner() -> Planner:
    """For `plan`."""
    return Planner(
        tenants=TenantStore(aws.table(settings().tenant_services_table)),
        runs=_runs(),
        standings=_standings(),
        jobs=_jobs(),
        ticks=TickQueue(aws.client("sqs"), settings().queue_url),
        clock=utc_now,
        detail=settings().metric_detail,
    )


@cache
def tracker() -> Tracker:
    """For `track`."""
    ender = Ender(
        runs=_runs(),
        standings=_standings(),
        records=RunRecords(aws.client("s3"), settings().bucket_name),
        bus=Bus(aws.client("events"), settings().bus_name),
        clock=utc_now,
        detail=settings().metric_detail,
    )
    return Tracker(runs=_runs(), standings=_standings(), jobs=_jobs(), ender=ender, clock=utc_now)


def _runs() -> RunStore:
    return RunStore(aws.table(settings().sync_runs_table), settings().last_updated_table)


def _standings() -> StandingStore:
    return StandingStore(aws.table(settings().last_updated_table))


def _jobs() -> JobQueue:
    return JobQueue(aws.client("sqs"), settings().page_jobs_queue_url)
