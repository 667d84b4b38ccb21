"""Builds the two functions' collaborators once per container: settings, clients, logic."""

from functools import cache

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from cwp_shared import aws
from cwp_shared.bus import Bus
from cwp_shared.inbox import InboxProcessor
from cwp_writer.compare import Comparer
from cwp_writer.giveup import LastWord
from cwp_writer.lake import Landed, RawFiles
from cwp_writer.settings import CompareSettings, WriterSettings
from cwp_writer.sweeps import Sweeps
from cwp_writer.tenants import Tenants
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
        bus=_bus(),
    )


@cache
def processor() -> InboxProcessor:
    """The pages queue's processor, which tells the run of each page given up on."""
    last_word = LastWord(_bus())

    def on_dead_letter(record: SQSRecord, error: Exception) -> None:
        last_word.say(record.body, error)

    return InboxProcessor(
        sqs=aws.client("sqs"),
        queue_url=settings().queue_url,
        dead_letter_url=settings().dead_letter_url,
        on_dead_letter=on_dead_letter,
    )


@cache
def comparer() -> Comparer:
    """The comparer on real collaborators."""
    s3, bucket = aws.client("s3"), settings().bucket_name
    tenants = aws.table(CompareSettings.from_environment().tenant_services_table)
    return Comparer(
        sweeps=Sweeps(s3, bucket, RawFiles(s3, bucket)), tenants=Tenants(tenants), bus=_bus()
    )


def sweeps_processor() -> InboxProcessor:
    """A fresh processor of the sweeps queue."""
    return InboxProcessor(aws.client("sqs"), settings().queue_url, settings().dead_letter_url)


def _bus() -> Bus:
    return Bus(aws.client("events"), settings().bus_name)
