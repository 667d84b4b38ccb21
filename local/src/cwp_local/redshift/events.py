"""The event at a statement's end, on the default bus of the emulator's account.

On AWS the service itself publishes it, and nobody else may publish under `aws.*`. The emulator
keeps that rule for PutEvents, so there this module does what the service does on AWS: it asks the
default bus for its rules, lets EventBridge itself match the event against each pattern, and hands
the event to their queues. Best effort, as on AWS: what cannot be delivered is logged and lost.
"""

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from cwp_local.redshift.statements import KEPT, Statement

logger = logging.getLogger(__name__)

SOURCE = "aws.redshift-data"
DETAIL_TYPE = "Redshift Data Statement Status Change"
_BUS = "default"
_NOT_OURS = "NotAuthorizedForSourceException"


class Announcer(Protocol):
    """What the server needs to say that a statement has ended."""

    def announce(self, statement: Statement) -> None:
        """Publish the event if the request asked for one; never raises."""
        ...

    def close(self) -> None:
        """Finish what is under way."""
        ...


def status_change(statement: Statement, region: str, account: str) -> dict[str, Any]:
    """The event, whole, as a rule's target gets it."""
    ended = statement.updated_at or statement.created_at
    submission = statement.submission
    workgroup = uuid.uuid5(uuid.NAMESPACE_URL, submission.workgroup)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": DETAIL_TYPE,
        "source": SOURCE,
        "account": account,
        "time": ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:redshift-serverless:{region}:{account}:workgroup/{workgroup}"],
        "detail": {
            "principal": statement.owner.arn,
            "statementName": submission.name,
            "statementId": statement.id,
            "redshiftQueryId": -1 if submission.is_batch else statement.parts[0].query_id,
            "state": statement.status,
            "rows": statement.rows,
            "expireAt": int((ended + KEPT).timestamp()),
        },
    }


@dataclass(frozen=True)
class _Rule:
    name: str
    pattern: str
    targets: tuple[dict[str, Any], ...]


class BusAnnouncer:
    """Publishes in a thread of its own, so that a slow emulator holds up no statement.

    What the account's rules and queues are is asked anew after `known_for` seconds: on AWS, too, a
    rule takes a while until it counts.
    """

    def __init__(
        self, events: Any, sqs: Any, region: str, account: str, known_for: float = 2.0
    ) -> None:
        self._events = events
        self._sqs = sqs
        self._region = region
        self._account = account
        self._known_for = known_for
        self._asked_at = float("-inf")
        self._rules: list[_Rule] = []
        self._urls: dict[str, str] = {}
        self._aws_is_for_all = True
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="redshift-events")

    def announce(self, statement: Statement) -> None:
        """See `Announcer.announce`."""
        if statement.submission.with_event:
            event = status_change(statement, self._region, self._account)
            self._thread.submit(self._publish, event)

    def close(self) -> None:
        """See `Announcer.close`."""
        self._thread.shutdown(wait=True)

    def _publish(self, event: dict[str, Any]) -> None:
        statement_id = event["detail"]["statementId"]
        try:
            if not (self._aws_is_for_all and self._put(event)):
                self._aws_is_for_all = False
                self._deliver(event)
        except (BotoCoreError, ClientError) as error:
            logger.warning("event of statement %s is lost: %s", statement_id, error)
        except Exception:
            logger.exception("event of statement %s is lost", statement_id)

    def _put(self, event: dict[str, Any]) -> bool:
        """Publish by PutEvents; False where `aws.*` is not for everybody."""
        answer = self._events.put_events(
            Entries=[
                {
                    "Source": event["source"],
                    "DetailType": event["detail-type"],
                    "Detail": json.dumps(event["detail"]),
                    "Resources": event["resources"],
                }
            ]
        )
        codes = {entry.get("ErrorCode") for entry in answer["Entries"]}
        if answer["FailedEntryCount"] and codes != {_NOT_OURS}:
            logger.warning("event is lost: PutEvents refused it: %s", sorted(map(str, codes)))
        return codes != {_NOT_OURS}

    def _deliver(self, event: dict[str, Any]) -> None:
        text = json.dumps(event)
        if time.monotonic() - self._asked_at > self._known_for:
            self._rules = list(self._listed())
            self._asked_at = time.monotonic()
        for rule in self._rules:
            if self._events.test_event_pattern(EventPattern=rule.pattern, Event=text)["Result"]:
                self._hand_over(rule, text)

    def _listed(self) -> Iterator[_Rule]:
        """The rules that may match: those that take this source."""
        list_targets = self._events.list_targets_by_rule
        for rule in _pages(self._events.list_rules, "Rules", EventBusName=_BUS):
            name, pattern = rule["Name"], rule.get("EventPattern")
            enabled = rule.get("State", "ENABLED") == "ENABLED"
            if pattern and enabled and SOURCE in json.loads(pattern).get("source", [SOURCE]):
                targets = _pages(list_targets, "Targets", EventBusName=_BUS, Rule=name)
                yield _Rule(name, pattern, tuple(targets))

    def _hand_over(self, rule: _Rule, text: str) -> None:
        for target in rule.targets:
            arn, changed = target["Arn"], {"Input", "InputPath", "InputTransformer"} & set(target)
            if ":sqs:" in arn and not changed:
                self._send(target, text)
                continue
            logger.warning("rule %s: only plain SQS targets get this event, not %s", rule.name, arn)

    def _send(self, target: dict[str, Any], text: str) -> None:
        name = target["Arn"].rsplit(":", 1)[1]
        if name not in self._urls:
            self._urls[name] = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        more = {"MessageGroupId": group} if group else {}
        self._sqs.send_message(QueueUrl=self._urls[name], MessageBody=text, **more)


def _pages(call: Callable[..., dict[str, Any]], name: str, **arguments: str) -> Iterator[Any]:
    token: str | None = None
    while True:
        answer = call(**arguments, **({"NextToken": token} if token else {}))
        yield from answer[name]
        token = answer.get("NextToken")
        if not token:
            return
