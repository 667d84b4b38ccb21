"""Time, always UTC and aware. The API speaks in whole seconds, file names in microseconds."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, PlainSerializer

#: Collaborators that need the time take one of these, so that tests choose it.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


def to_seconds(moment: datetime) -> datetime:
    """The whole second `moment` lies in, which is all the API can say."""
    return moment.astimezone(UTC).replace(microsecond=0)


def iso_seconds(moment: datetime) -> str:
    """`2026-11-23T07:40:55Z`, the form the API takes and gives."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sortable(moment: datetime) -> str:
    """`20261123T074055123456Z`: sorts as text, fits an S3 key, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")


def _as_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is ambiguous; end it with Z")
    return moment.astimezone(UTC)


def _as_text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


#: A field of a contract: aware, UTC, written with a trailing Z.
UtcTime = Annotated[
    datetime,
    AfterValidator(_as_utc),
    PlainSerializer(_as_text, return_type=str, when_used="json"),
]
