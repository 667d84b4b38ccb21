import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from cwp_ops.dead_letters import DeadLetter
from cwp_ops.drop import drop
from cwp_ops.holding import Holding, hold_for
from cwp_ops.letter_choice import Choice
from cwp_ops.names import Queue
from cwp_ops.redrive import fits, redrive
from cwp_ops.replay import Replayed, Replayer
from tests.unit.ops.fake_queues import FakeQueues, Killed, body_of
from tests.unit.ops.fakes import FakeS3

JOBS = Queue("fetcher", "jobs", "local")
NOTHING: Callable[[int], None] = lambda _: None  # noqa: E731


@dataclass
class FakeEvents:
    entries: list[dict[str, Any]] = field(default_factory=list)

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{}]}


def replay(sqs: FakeQueues, choice: Choice, events: FakeEvents | None = None) -> Replayed:
    replayer = Replayer(sqs, events or FakeEvents(), "bus", rate=500, sleep=lambda _: None)
    with Holding(sqs, JOBS, 60) as holding:
        return replayer.send_back(holding, holding.find(choice.takes), NOTHING)


def filled(letters: int = 25) -> FakeQueues:
    sqs = FakeQueues()
    for number in range(letters):
        sqs.put(JOBS.dead_letters, body_of(number), Reason="throttled", FailedAt="2026-11-01")
    return sqs


def test_all_letters_go_back_once_with_their_history() -> None:
    sqs = filled()
    done = replay(sqs, Choice())
    assert (done.chosen, done.sent, done.refused) == (25, 25, ())
    assert sqs.bodies(JOBS.name) == sorted(body_of(n) for n in range(25))
    assert sqs.bodies(JOBS.dead_letters) == []
    assert set(sqs.said(JOBS.name, "Reason")) == {"throttled"}


def test_no_more_letters_a_second_are_sent_than_was_said() -> None:
    sqs, waits = filled(25), list[float]()
    replayer = Replayer(sqs, FakeEvents(), "bus", rate=5, sleep=waits.append)
    with Holding(sqs, JOBS, 60) as holding:
        replayer.send_back(holding, holding.find(Choice().takes), NOTHING)
    assert waits == [2.0, 2.0, 1.0]


def test_what_is_not_chosen_is_let_go_at_once() -> None:
    sqs = filled(12)
    sqs.put(JOBS.dead_letters, body_of(99, "other"), Reason="throttled")
    replay(sqs, Choice(tenant_id="other"))
    assert sqs.bodies(JOBS.name) == [body_of(99, "other")]
    assert len(sqs.bodies(JOBS.dead_letters)) == 12
    assert not sqs.hidden & set(sqs.queues[JOBS.dead_letters])


def test_what_the_queue_refuses_stays_and_is_named() -> None:
    sqs = filled(3)
    sqs.refuses = frozenset({body_of(1)})
    done = replay(sqs, Choice())
    assert done.sent == 2
    assert [why for _, why in done.refused] == ["InvalidMessage: "]
    assert sqs.bodies(JOBS.dead_letters) == [body_of(1)]


@pytest.mark.parametrize("work", ["replay", "drop"])
def test_killed_between_any_two_calls_nothing_is_lost(work: str) -> None:
    """At least once: what is not back in its queue (or kept in S3) is still a dead letter."""
    wanted = {body_of(n) for n in range(25)}
    ended = False
    for calls in count():
        sqs, s3 = filled(), FakeS3()
        sqs.calls_left = calls
        with suppress(Killed):
            _work(work, sqs, s3)
            ended = True
        kept = {json.loads(copy)["body"] for copy in s3.objects.values()}
        assert {*sqs.bodies(JOBS.name), *sqs.bodies(JOBS.dead_letters), *kept} == wanted
        sqs.revive()
        _work(work, sqs, s3)
        kept = {json.loads(copy)["body"] for copy in s3.objects.values()}
        assert {*sqs.bodies(JOBS.name), *kept} == wanted
        assert sqs.bodies(JOBS.dead_letters) == []
        # Of a batch that was sent and not deleted there are two copies; never more.
        assert max(Counter(sqs.bodies(JOBS.name)).values(), default=1) <= 2
        assert len(s3.objects) in {0, 25}
        if ended:
            return


def _work(work: str, sqs: FakeQueues, s3: FakeS3) -> None:
    if work == "replay":
        replay(sqs, Choice())
        return
    with Holding(sqs, JOBS, 60) as holding:
        drop(s3, "bucket", holding, holding.find(lambda _: True), NOTHING)


def test_a_dropped_letter_is_kept_with_its_tenant_or_apart() -> None:
    sqs, s3 = FakeQueues(), FakeS3()
    sqs.put(JOBS.dead_letters, body_of(1), Reason="why")
    sqs.put(JOBS.dead_letters, '{"tenant_id": "../acme"}', Reason="strange")
    with Holding(sqs, JOBS, 60) as holding:
        keys = drop(s3, "bucket", holding, holding.find(lambda _: True), NOTHING)
    assert keys[0].startswith("acme/quarantine/dead-letters/fetcher-jobs/0000-")
    assert keys[1].startswith("_unknown/quarantine/dead-letters/fetcher-jobs/0001-")
    assert json.loads(s3.objects[keys[0]])["reason"] == "why"


def test_a_letter_that_died_silently_gets_its_words_when_it_is_replayed() -> None:
    sqs = FakeQueues()
    moved = "arn:aws:sqs:here:1:q"
    sqs.put(JOBS.dead_letters, body_of(1), moved)
    sqs.put(JOBS.dead_letters, body_of(2), moved, Reason="an older reason", FailedAt="2026-11-01")
    replay(sqs, Choice(reason="without a word"))
    first, second = sqs.said(JOBS.name, "Reason")
    assert "without a word" in first
    assert "without a word" in second
    assert "an older reason" in sqs.said(JOBS.name, "Earlier")[1]


def test_an_event_that_a_rule_could_not_deliver_goes_where_its_target_is() -> None:
    sqs, events = FakeQueues(), FakeEvents()
    event = {"source": "connectwise.writer", "detail-type": "PagesWritten", "detail": {"a": 1}}
    rule = {"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "denied", "RULE_ARN": "arn:rule"}
    sqs.put(JOBS.dead_letters, json.dumps(event), TARGET_ARN="arn:aws:sqs:here:1:q", **rule)
    sqs.put(JOBS.dead_letters, json.dumps(event), TARGET_ARN="arn:aws:sns:here:1:t", **rule)
    sqs.put(JOBS.dead_letters, "not JSON", TARGET_ARN="arn:aws:sns:here:1:t", **rule)
    done = replay(sqs, Choice(), events)
    assert sqs.bodies(JOBS.name) == [json.dumps(event)]
    assert sqs.said(JOBS.name, "ErrorType") == ["NO_PERMISSIONS"]
    assert [entry["DetailType"] for entry in events.entries] == ["PagesWritten"]
    assert "no event" in done.refused[0][1]
    assert sqs.bodies(JOBS.dead_letters) == ["not JSON"]


def letter(**changes: Any) -> DeadLetter:
    facts = {"queue": "q", "message_id": "abc", "reason": "429 Too Many", "error_type": "Retriable"}
    about = {"failed_at": "2026-11-26T06:00:00+00:00", "tenant_id": "acme", "table": "tickets"}
    return DeadLetter(**{**facts, **about, **changes})


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        (Choice(), True),
        (Choice(tenant_id="acme"), True),
        (Choice(tenant_id="other"), False),
        (Choice(table="tickets"), True),
        (Choice(table="service_tickets"), False),
        (Choice(table="service_tickets", canonical_tables={"service_tickets": ("tickets",)}), True),
        (Choice(reason="too many"), True),
        (Choice(reason="retriable: 429"), True),
        (Choice(reason="401"), False),
        (Choice(message_id="ab"), True),
        (Choice(message_id="bc"), False),
        (Choice(before=datetime(2026, 11, 26, 7, tzinfo=UTC)), True),
        (Choice(after=datetime(2026, 11, 26, 7, tzinfo=UTC)), False),
        (Choice(tenant_id="acme", reason="401"), False),
    ],
)
def test_conditions_choose(choice: Choice, taken: bool) -> None:
    assert choice.takes(letter()) is taken
    assert choice.is_everything is (choice == Choice())


def test_a_letter_of_unknown_age_is_in_no_choice_by_age() -> None:
    assert not Choice(before=datetime.now(UTC)).takes(letter(failed_at=""))


def test_sqs_moves_a_whole_queue_where_it_can() -> None:
    sqs = FakeQueues(moves_natively=True)
    done = redrive(sqs, JOBS, 5_000, NOTHING)
    assert done is not None
    assert (done.sent, done.way) == (3, "redrive")
    assert sqs.moves == [
        {
            "SourceArn": f"arn:aws:sqs:here:1:{JOBS.dead_letters}",
            "DestinationArn": f"arn:aws:sqs:here:1:{JOBS.name}",
            "MaxNumberOfMessagesPerSecond": 500,
        }
    ]


def test_where_sqs_cannot_or_rules_leave_letters_too_it_is_not_asked_to() -> None:
    assert redrive(FakeQueues(), JOBS, 5, NOTHING) is None
    assert fits(FakeQueues(), JOBS)
    assert not fits(FakeQueues(policy='{"Principal": {"Service": "events.amazonaws.com"}}'), JOBS)


def test_letters_stay_hidden_for_as_long_as_the_work_may_take() -> None:
    assert hold_for(1_000, rate=1) > 1_000
    assert hold_for(0, rate=50) >= 300
