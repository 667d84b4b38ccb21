"""A function's lines in CloudWatch Logs, found and made readable."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from cwp_ops.errors import OperatorError
from cwp_shared.clock import iso_seconds

#: What a line has that says of a function's death or failure: ours, and the platform's.
ERRORS: Final = ("ERROR", "timed out", "Runtime exited")
#: What each line says of itself; the rest is what it is about.
_SELF: Final = frozenset({"timestamp", "level", "message", "service", "location", "_aws"})


class NeverRan(OperatorError):
    """There is no log group: its function has not said anything yet."""


@dataclass(frozen=True)
class LogLine:
    """One line. `about`: its other fields; of a metric's line its values and whose they are."""

    at: str
    level: str
    message: str
    about: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def find(logs: Any, group: str, terms: Sequence[str], since: datetime, most: int) -> list[LogLine]:
    """Lines since a time that have any of the terms, or all lines; the newest `most`, in order.

    Args:
        logs: a CloudWatch Logs client.
        group: the log group.
        terms: each a text that stands in a line as it is.
        since: no line is older.
        most: so many at most.

    Raises:
        NeverRan: there is no such log group.
    """
    found: dict[tuple[int, str], None] = {}
    for term in terms or ("",):
        found |= dict.fromkeys(events(logs, group, since, term=term))
    return [_line(at, text) for at, text in sorted(found)[-most:]]


def events(
    logs: Any, group: str, since: datetime, until: datetime | None = None, term: str = ""
) -> Iterator[tuple[int, str]]:
    """When (milliseconds since 1970) and what each line says of a span, as far as `term` is in it.

    Args:
        logs: a CloudWatch Logs client.
        group: the log group.
        since: no line is older.
        until: no line is newer; None: up to now.
        term: a text that stands in a line as it is.

    Raises:
        NeverRan: there is no such log group.
    """
    request: dict[str, Any] = {"logGroupName": group, "startTime": _milliseconds(since)}
    if until:
        request["endTime"] = _milliseconds(until)
    if term:
        request["filterPattern"] = json.dumps(term)
    try:
        for page in logs.get_paginator("filter_log_events").paginate(**request):
            yield from ((event["timestamp"], event["message"]) for event in page["events"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise NeverRan(
            f"nothing yet: there is no {group}, for its function has not run; give it work with "
            "`cwpipe sync TENANT`, and see with `cwpipe status` whether the stage is there"
        ) from None


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _line(at: int, text: str) -> LogLine:
    moment = iso_seconds(datetime.fromtimestamp(at / 1000, UTC))
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return LogLine(moment, "", text.strip(), {})
    about = {name: value for name, value in said.items() if name not in _SELF}
    message = "counted" if "_aws" in said else str(said.get("message", ""))
    return LogLine(moment, str(said.get("level", "")), message, about)


def told(about: Iterable[tuple[str, Any]]) -> str:
    """`tenant_id=acme table=service_tickets`."""
    return " ".join(
        f"{name}={_plain(value)}" for name, value in about if value not in (None, "", [])
    )


def _plain(value: Any) -> str:
    if isinstance(value, list) and len(value) == 1:
        return _plain(value[0])
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)
