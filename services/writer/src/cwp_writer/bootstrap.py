"""Builds the writer once per container: settings, clients, and what the logic is given."""

from functools import cache

from cwp_shared import aws
from cwp_shared.bus import Bus
from cwp_shared.inbox import InboxProcessor
from cwp_writer.lake import Landed, RawFiles
from cwp_writer.settings import WriterSettings
from cwp_writer.write import Writer


@cache
def settings() -> WriterSettings:
    """The environment, checked."""
    return WriterSettings.from_environment()


@cache
def writer() -> Writer:
    """The writer on real collaborators."""
    s3, bucket = aws.client("s3"), settings().bucket_name
    return Writer(
        landed=Landed(s3, bucket),
        files=RawFiles(s3, bucket),
        bus=Bus(aws.client("events"), settings().bus_name),
    )


@cache
def processor() -> InboxProcessor:
    """The pages queue's processor."""
    return InboxProcessor(
        sqs=aws.client("sqs"),
        queue_url=settings().queue_url,
        dead_letter_url=settings().dead_letter_url,
    )
