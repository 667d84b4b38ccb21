"""The event archive: what it is, and replaying a span of it to one rule.

A replay gives a rule's target the archived events that its pattern takes, once more, marked with
`replay-name`. Every consumer is idempotent (design.md 7.2), so that is safe at any time and any
number of times; what was lost or handled wrongly is handled then.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from cwp_ops import names
from cwp_ops.errors import OperatorError
from cwp_shared.clock import sortable, utc_now
from cwp_shared.settings import Stage

_PREFIX: Final = "connectwise-"
_LOOK_EVERY_S: Final = 2.0
_OVER: Final = frozenset({"COMPLETED", "CANCELLED", "FAILED"})
_LONGEST_NAME: Final = 64


@dataclass(frozen=True)
class Archive:
    """A bus's archive, as EventBridge counts it."""

    name: str
    arn: str
    bus_arn: str
    retention_days: int
    events: int
    size_bytes: int


@dataclass(frozen=True)
class Rule:
    """A rule of the bus. `short`: what a person types, `loader-committed`."""

    short: str
    arn: str
    pattern: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Replay:
    """A replay. `at`: the time of the event that was replayed last."""

    name: str
    state: str
    reason: str | None
    at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more of it comes."""
        return self.state in _OVER

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class Desk:
    """Looks into a stage's archive, and starts, follows and cancels replays."""

    events: Any
    stage: Stage
    sleep: Callable[[float], None] = time.sleep

    def archive(self) -> Archive:
        """The stage's archive.

        Raises:
            OperatorError: there is none; says what to do instead.
        """
        name = names.archive(self.stage)
        try:
            found = self.events.describe_archive(ArchiveName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            deploy = "`cwpipe up`" if self.stage == "local" else "deploy the shared stack again"
            raise OperatorError(
                f"stage {self.stage} has no event archive ({name}); {deploy} makes it, for the "
                "events from then on. Without one: `cwpipe dlq replay` sends back what was given "
                "up on, `cwpipe recover` announces every file and commit again, `cwpipe rebuild` "
                "makes a history anew from raw/, and `cwpipe sync --full` fetches again"
            ) from None
        return Archive(
            name=name,
            arn=str(found["ArchiveArn"]),
            bus_arn=str(found["EventSourceArn"]),
            retention_days=int(found.get("RetentionDays", 0)),
            events=int(found.get("EventCount", 0)),
            size_bytes=int(found.get("SizeBytes", 0)),
        )

    def rules(self) -> list[Rule]:
        """The rules of the bus that take events, by name."""
        bus = names.bus(self.stage)
        pages = self.events.get_paginator("list_rules").paginate(EventBusName=bus)
        return [
            Rule(
                short=_short(str(rule["Name"]), self.stage),
                arn=str(rule["Arn"]),
                pattern=str(rule["EventPattern"]),
                targets=tuple(self._targets(str(rule["Name"]), bus)),
            )
            for page in pages
            for rule in page["Rules"]
            if rule.get("EventPattern") and not rule.get("ManagedBy")
        ]

    def rule(self, name: str) -> Rule:
        """A rule by what a person calls it.

        Raises:
            OperatorError: the bus has none of that name.
        """
        known = self.rules()
        for rule in known:
            if name in {rule.short, rule.arn.rsplit("/", 1)[-1]}:
                return rule
        raise OperatorError(
            f"the bus has no rule {name!r}; its rules are {', '.join(r.short for r in known)}. "
            "What S3 and Redshift tell is on another bus and not archived: `cwpipe recover` makes "
            "up for the one, the loader's sweep for the other"
        )

    def start(self, archive: Archive, rule: Rule, start: datetime, end: datetime) -> str:
        """Begin a replay to one rule; its name."""
        stamp = sortable(utc_now())
        name = f"{rule.short[: _LONGEST_NAME - len(stamp) - 1]}-{stamp}"
        self.events.start_replay(
            ReplayName=name,
            Description=f"cwpipe events replay {rule.short}",
            EventSourceArn=archive.arn,
            EventStartTime=start,
            EventEndTime=end,
            Destination={"Arn": archive.bus_arn, "FilterArns": [rule.arn]},
        )
        return name

    def follow(self, name: str, seen: Callable[[Replay], None]) -> Replay:
        """Look at a replay until it is over; `seen` is told each time."""
        while True:
            now = self.replay(name)
            seen(now)
            if now.is_over:
                return now
            self.sleep(_LOOK_EVERY_S)

    def replay(self, name: str) -> Replay:
        """A replay as it is now."""
        return _replay(self.events.describe_replay(ReplayName=name))

    def replays(self, archive: Archive) -> list[Replay]:
        """The replays that there were, the newest first; EventBridge forgets them in 90 days."""
        request = {"EventSourceArn": archive.arn}
        found = []
        while True:
            answer = self.events.list_replays(**request)
            found += answer["Replays"]
            if not answer.get("NextToken"):
                found.sort(key=lambda replay: replay["ReplayStartTime"], reverse=True)
                return [_replay(replay) for replay in found]
            request["NextToken"] = answer["NextToken"]

    def cancel(self, name: str) -> None:
        """Replay no more. What was replayed is replayed."""
        self.events.cancel_replay(ReplayName=name)

    def _targets(self, rule: str, bus: str) -> Iterator[str]:
        pages = self.events.get_paginator("list_targets_by_rule").paginate(
            Rule=rule, EventBusName=bus
        )
        for page in pages:
            yield from (str(target["Arn"]).rsplit(":", 1)[-1] for target in page["Targets"])


def _short(name: str, stage: Stage) -> str:
    return name.removeprefix(_PREFIX).removesuffix(f"-{stage}")


def _replay(described: dict[str, Any]) -> Replay:
    return Replay(
        name=str(described["ReplayName"]),
        state=str(described["State"]),
        reason=described.get("StateReason"),
        at=described.get("EventLastReplayedTime"),
    )
