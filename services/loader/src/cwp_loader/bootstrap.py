"""Builds settings, clients and collaborators, once per container."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from uuid import uuid4

from cwp_loader.collaborators import Collaborators
from cwp_loader.commits import Keeping
from cwp_loader.data_api import DataApi
from cwp_loader.load_state import LoadStateTable
from cwp_loader.manifest import ManifestBucket
from cwp_loader.quarantine import QuarantineBucket
from cwp_loader.settings import GatherSettings, SettleSettings
from cwp_loader.wakes import WakeQueue
from cwp_loader.windows import TenantItems, TenantWindows
from cwp_shared.aws import client, table
from cwp_shared.bus import Bus
from cwp_shared.clock import utc_now
from cwp_shared.inbox import InboxProcessor


@dataclass(frozen=True)
class Gathering:
    """What the function `gather` works with."""

    processor: InboxProcessor
    keeping: Keeping


@dataclass(frozen=True)
class Settling:
    """What the function `settle` works with."""

    processor: InboxProcessor
    collaborators: Collaborators


@cache
def gathering() -> Gathering:
    """For `gather`, from its environment."""
    settings = GatherSettings.from_environment()
    sqs = client("sqs")
    return Gathering(
        processor=InboxProcessor(sqs, settings.queue_url, settings.dlq_url),
        keeping=Keeping(
            store=LoadStateTable(table(settings.load_state_table)),
            wakes=WakeQueue(sqs, settings.statements_queue_url),
            windows=TenantWindows(
                timedelta(seconds=settings.window_seconds),
                TenantItems(table(settings.tenant_services_table)).find,
            ),
            clock=utc_now,
        ),
    )


@cache
def settling() -> Settling:
    """For `settle`, from its environment."""
    settings = SettleSettings.from_environment()
    sqs = client("sqs")
    return Settling(
        processor=InboxProcessor(sqs, settings.queue_url, settings.dlq_url),
        collaborators=Collaborators(
            state=LoadStateTable(table(settings.load_state_table)),
            statements=DataApi(client("redshift-data"), settings.workgroup_name, settings.database),
            manifests=ManifestBucket(client("s3"), settings.bucket_name),
            quarantine=QuarantineBucket(client("s3"), settings.bucket_name),
            bus=Bus(client("events"), settings.bus_name),
            wakes=WakeQueue(sqs, settings.queue_url),
            copy_role_arn=settings.copy_role_arn,
            clock=utc_now,
            new_id=lambda: uuid4().hex,
        ),
    )
