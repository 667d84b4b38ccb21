"""Builds the settings and clients of the function, once per container."""

from functools import cache
from typing import NamedTuple

from cwp_shared.aws import client
from cwp_shared.bus import Bus
from cwp_shared.clock import utc_now
from cwp_shared.inbox import InboxProcessor
from cwp_shared.mapping_files import Mappings, read_mappings
from cwp_transformer.backends import Backends
from cwp_transformer.lake import S3Lake
from cwp_transformer.ledger import DynamoLedger
from cwp_transformer.settings import TransformerSettings


class Service(NamedTuple):
    """Everything that the handler needs."""

    bucket: str
    mappings: Mappings
    backends: Backends
    processor: InboxProcessor


@cache
def service() -> Service:
    """The container's one instance."""
    settings = TransformerSettings.from_environment()
    backends = Backends(
        lake=S3Lake(client("s3"), settings.bucket_name),
        ledger=DynamoLedger(client("dynamodb"), settings.canonical_state_table),
        bus=Bus(client("events"), settings.bus_name),
        clock=utc_now,
    )
    return Service(
        bucket=settings.bucket_name,
        mappings=read_mappings(settings.find_mappings()),
        backends=backends,
        processor=InboxProcessor(client("sqs"), settings.queue_url, settings.dead_letter_url),
    )
