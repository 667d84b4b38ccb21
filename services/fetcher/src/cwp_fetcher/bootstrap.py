"""Builds the fetcher once per container: settings, clients, and what the logic is given."""

from datetime import timedelta
from functools import cache

import requests
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from cwp_fetcher.accounts import Accounts
from cwp_fetcher.fetch import Fetcher
from cwp_fetcher.giveup import LastWord
from cwp_fetcher.landing import Landing, Quarantine
from cwp_fetcher.pace_table import PaceTable
from cwp_fetcher.settings import FetcherSettings
from cwp_fetcher.tenants import Secrets, TenantItems
from cwp_fetcher.visit import Visit
from cwp_shared import aws
from cwp_shared.bus import Bus
from cwp_shared.connectwise.api import ConnectWise
from cwp_shared.connectwise.transport import Transport, new_session
from cwp_shared.inbox import InboxProcessor
from cwp_shared.page_jobs import JobQueue


@cache
def settings() -> FetcherSettings:
    """The environment, checked."""
    return FetcherSettings.from_environment()


@cache
def session() -> requests.Session:
    """The connections to ConnectWise, kept from one invocation to the next."""
    return new_session()


@cache
def api() -> ConnectWise:
    """The ConnectWise API, whichever tenant's."""
    floor = timedelta(seconds=settings().retry_after_floor_seconds)
    return ConnectWise(Transport(session()), settings().api_version, floor)


@cache
def accounts() -> Accounts:
    """Tenants' accounts, as far as they are remembered."""
    return Accounts(
        stage=settings().stage,
        allowed_hosts=settings().allowed_hosts,
        find_item=TenantItems(aws.table(settings().tenant_services_table)).find,
        find_secret=Secrets(aws.client("secretsmanager")).find,
        find_codebase=api().codebase,
    )


@cache
def fetcher() -> Fetcher:
    """The fetcher on real collaborators."""
    paces = PaceTable(aws.table(settings().state_table))

    def visit(tenant_id: str) -> Visit:
        return Visit(tenant_id, accounts(), api(), paces)

    return Fetcher(
        visit=visit,
        landing=Landing(aws.client("s3"), settings().bucket_name),
        quarantine=_quarantine(),
        bus=_bus(),
        jobs=JobQueue(aws.client("sqs"), settings().queue_url),
        api_version=settings().api_version,
    )


@cache
def processor() -> InboxProcessor:
    """The jobs queue's processor, which tells the run of each job given up on."""
    last_word = LastWord(_quarantine(), _bus())

    def on_dead_letter(record: SQSRecord, error: Exception) -> None:
        last_word.say(record.body, error)

    return InboxProcessor(
        sqs=aws.client("sqs"),
        queue_url=settings().queue_url,
        dead_letter_url=settings().dead_letter_url,
        on_dead_letter=on_dead_letter,
    )


def _bus() -> Bus:
    return Bus(aws.client("events"), settings().bus_name)


def _quarantine() -> Quarantine:
    return Quarantine(aws.client("s3"), settings().bucket_name)
