"""Builds the two functions' collaborators, once per container."""

from functools import cache

from cwp_scheduler.jobs import JobQueue
from cwp_scheduler.plan import Planner
from cwp_scheduler.settings import SchedulerSettings
from cwp_scheduler.stores import RunRecords, RunStore, TenantStore, WatermarkStore
from cwp_scheduler.track import Tracker
from cwp_shared import aws
from cwp_shared.bus import Bus
from cwp_shared.clock import utc_now
from cwp_shared.inbox import InboxProcessor


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
        runs=RunStore(aws.table(settings().sync_runs_table)),
        watermarks=WatermarkStore(aws.table(settings().last_updated_table)),
        jobs=_jobs(),
        clock=utc_now,
    )


@cache
def tracker() -> Tracker:
    """For `track`."""
    return Tracker(
        runs=RunStore(aws.table(settings().sync_runs_table)),
        watermarks=WatermarkStore(aws.table(settings().last_updated_table)),
        records=RunRecords(aws.client("s3"), settings().bucket_name),
        jobs=_jobs(),
        bus=_bus(),
        clock=utc_now,
    )


def _jobs() -> JobQueue:
    return JobQueue(aws.client("sqs"), settings().page_jobs_queue_url)


def _bus() -> Bus:
    return Bus(aws.client("events"), settings().bus_name)
