"""Write every service's resources/alarms.yml, from what its stack declares and its code counts.

    python -m scripts.export_alarms

An alarm's text says what is wrong, what that means for the data, the first command to type, and
where to read on. A test compares the committed files with what this makes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cwp_shared import metrics
from cwp_shared.metrics import Metric
from scripts.stacks import ROOT, SERVICES, STAGE, Function, Queue, functions

#: A function that takes longer than this share of its timeout will soon not end.
NEAR_THE_LIMIT: Final = 0.8
#: A tick or sweep comes every five minutes; three in a row do not fail to come by chance.
SCHEDULE_PATIENCE_S: Final = 900
#: The functions that a schedule calls, and what it is called.
SCHEDULED: Final = {("scheduler", "plan"): "tick", ("loader", "settle"): "sweep"}


@dataclass(frozen=True)
class Text:
    """What an alarm says. `command` is what follows `cwpipe --stage <stage>`."""

    wrong: str
    data: str
    command: str
    runbook: str

    def lines(self) -> str:
        """As CloudWatch sends it, a thing a line."""
        return "\n".join(
            (
                f"What is wrong: {self.wrong}.",
                f"For the data: {self.data}.",
                f"First command: cwpipe --stage {STAGE} {self.command}",
                f"Runbook: docs/runbooks/{self.runbook}.md",
            )
        )


@dataclass(frozen=True)
class Rule:
    """When an alarm goes off. Without data it is as `missing` says."""

    namespace: str
    metric: str
    dimension: tuple[str, str]
    statistic: str
    period_s: int
    comparison: str = "GreaterThanThreshold"
    threshold: int = 0
    missing: str = "notBreaching"


@dataclass(frozen=True)
class Alarm:
    """One alarm. `noun` is what its name has between service and stage."""

    service: str
    noun: str
    text: Text
    rule: Rule

    @property
    def name(self) -> str:
        """`connectwise-fetcher-jobs-age-${sls:stage}`."""
        return f"connectwise-{self.service}-{self.noun}-{STAGE}"

    @property
    def logical_id(self) -> str:
        """`JobsAgeAlarm`."""
        return "".join(part.capitalize() for part in self.noun.split("-")) + "Alarm"


@dataclass(frozen=True)
class Own:
    """The alarm on what a service counts: above `threshold`, by a statistic over a period."""

    noun: str
    statistic: str
    period_s: int
    text: Text
    threshold: int = 0

    def alarm(self, metric: Metric) -> Alarm:
        """The alarm on a metric."""
        rule = Rule(
            f"connectwise-{STAGE}",
            metric.name,
            ("service", metric.service),
            self.statistic,
            self.period_s,
            threshold=self.threshold,
        )
        return Alarm(metric.service, self.noun, self.text, rule)


def alarms(service: str) -> Iterator[Alarm]:
    """A service's alarms."""
    for function in functions(service):
        yield from _of_queue(function.queue)
        yield from _of_function(function)
    for metric, own in OWN.items():
        if metric.service == service:
            yield own.alarm(metric)


def _of_queue(queue: Queue) -> Iterator[Alarm]:
    letters = Text(
        f"messages of {queue.name} were given up on; each carries its reason",
        "nothing is lost; what each message stood for has not happened yet",
        f"dlq list {queue.short}",
        "dead-letters",
    )
    logical = queue.noun.capitalize()
    of = ("QueueName", f"!GetAtt {logical}DeadLetters.QueueName")
    rule = Rule("AWS/SQS", "ApproximateNumberOfMessagesVisible", of, "Maximum", 300)
    yield Alarm(queue.service, f"{queue.noun}-dead-letters", letters, rule)
    age = Text(
        f"a message of {queue.name} has waited for more than an hour",
        "it is late, not lost and not wrong",
        "status",
        "message-age",
    )
    of = ("QueueName", f"!GetAtt {logical}Queue.QueueName")
    metric = "ApproximateAgeOfOldestMessage"
    yield Alarm(
        queue.service,
        f"{queue.noun}-age",
        age,
        Rule("AWS/SQS", metric, of, "Maximum", 300, threshold=3600),
    )


def _of_function(function: Function) -> Iterator[Alarm]:
    of = ("FunctionName", f"!Ref {function.noun.capitalize()}LambdaFunction")
    service, noun, who = function.service, function.noun, f"the function {function.short}"
    errors = Text(
        f"{who} died, timed out or could not start",
        "nothing is lost; its messages come back, and become dead letters if it goes on",
        f"logs {function.short} --errors",
        "function-errors",
    )
    yield Alarm(service, f"{noun}-errors", errors, Rule("AWS/Lambda", "Errors", of, "Sum", 300))
    throttles = Text(
        f"Lambda had no concurrency left for {who}",
        "it is late, not lost; the messages stay in the queue",
        "status",
        "throttles",
    )
    rule = Rule("AWS/Lambda", "Throttles", of, "Sum", 300)
    yield Alarm(service, f"{noun}-throttles", throttles, rule)
    limit_ms = round(function.timeout_s * 1000 * NEAR_THE_LIMIT)
    duration = Text(
        f"{who} ran for more than {NEAR_THE_LIMIT:.0%} of its {function.timeout_s} seconds",
        "nothing yet; what takes longer still is cut off, tried again, and becomes a dead letter",
        f"logs {function.short} --find REPORT",
        "duration",
    )
    rule = Rule("AWS/Lambda", "Duration", of, "Maximum", 300, threshold=limit_ms)
    yield Alarm(service, f"{noun}-duration", duration, rule)
    if called := SCHEDULED.get((service, noun)):
        yield _stopped(function, called, of)


def _stopped(function: Function, called: str, of: tuple[str, str]) -> Alarm:
    text = Text(
        f"no {called} has come to {function.short} for {SCHEDULE_PATIENCE_S // 60} minutes",
        "everything grows old, and no other alarm can say so; nothing is lost",
        f"logs {function.short}",
        "schedules",
    )
    rule = Rule(
        "AWS/Lambda",
        "Invocations",
        of,
        "Sum",
        SCHEDULE_PATIENCE_S,
        comparison="LessThanThreshold",
        threshold=1,
        missing="breaching",
    )
    return Alarm(function.service, f"{called}s-stopped", text, rule)


#: What services count themselves.
OWN: Final = {
    metrics.LATE_TABLES: Own(
        "late-tables",
        "Maximum",
        900,
        Text(
            "tables have missed a run, and an hour more has passed",
            "what changed at the source since then is not in the warehouse; nothing is lost",
            "status",
            "freshness",
        ),
    ),
    metrics.LATE_SWEEPS: Own(
        "late-sweeps",
        "Maximum",
        900,
        Text(
            "no sweep for deletes has completed for three times its interval",
            "rows that were deleted at the source may still look current in the warehouse",
            "status",
            "late-sweeps",
        ),
    ),
    metrics.MISSING_ROWS: Own(
        "missing-rows",
        "Sum",
        900,
        Text(
            "/count knows of rows that two runs in a row did not bring",
            "these rows may be missing in the warehouse, or be older there than at the source",
            f"logs scheduler-track --find {metrics.MISSING_ROWS.name}",
            "completeness",
        ),
    ),
    metrics.UNREADABLE_ROWS: Own(
        "unreadable-rows",
        "Sum",
        900,
        Text(
            "ConnectWise cannot give out some rows; each was set aside with its reason",
            "these rows are missing in the warehouse, or older there; the others are there",
            f"logs scheduler-track --find {metrics.UNREADABLE_ROWS.name}",
            "completeness",
        ),
    ),
    # The third opening in a row: it has not answered for minutes, a restart is over by then. While
    # it lasts it opens again at least every 15 minutes.
    metrics.CIRCUIT_OPENINGS: Own(
        "circuit-openings",
        "Maximum",
        1800,
        Text(
            "a tenant's ConnectWise does not answer; its circuit opened three times in a row",
            "that tenant's data is late, not lost; others go on. It is asked again by itself",
            f"logs fetcher-fetch --find {metrics.CIRCUIT_OPENINGS.name}",
            "circuit",
        ),
        threshold=2,
    ),
    metrics.HELD_DELETES: Own(
        "held-deletes",
        "Maximum",
        3600,
        Text(
            "more ids of a table are missing than its tenant's guard lets go without asking",
            "none of them is marked as deleted until somebody says so; everything else goes on",
            f"logs writer-compare --find {metrics.HELD_DELETES.name} --since 1d",
            "held-deletes",
        ),
    ),
    metrics.QUARANTINED_ROWS: Own(
        "quarantined-rows",
        "Sum",
        300,
        Text(
            "rows were set aside because their mapping cannot take them",
            "they are kept in S3, and missing in the warehouse",
            f"logs transformer-transform --find {metrics.QUARANTINED_ROWS.name}",
            "quarantine",
        ),
    ),
    metrics.TABLES_HELD_UP: Own(
        "tables-held-up",
        "Maximum",
        900,
        Text(
            "loading of a table has stopped: its load keeps failing, or a commit does not arrive",
            "the table grows old in the warehouse; its history in S3 is whole",
            "status",
            "loading",
        ),
    ),
    metrics.TABLES_INCOMPLETE: Own(
        "tables-incomplete",
        "Maximum",
        900,
        Text(
            "a file that cannot be loaded was set aside",
            "its rows are missing in the warehouse: some records show no current version, or two",
            "status",
            "loading",
        ),
    ),
}

_HEAD = """\
# Made from the code: make monitoring (scripts/export_alarms.py).
Resources:
"""


def page(service: str) -> str:
    """A service's whole file."""
    return _HEAD + "\n".join(map(_resource, alarms(service)))


def _resource(alarm: Alarm) -> str:
    rule = alarm.rule
    topic = f'!ImportValue "connectwise-{STAGE}-AlarmTopicArn"'
    name, value = rule.dimension
    text = alarm.text.lines().replace("\n", "\n        ")
    return f"""\
  {alarm.logical_id}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: {alarm.name}
      AlarmDescription: |-
        {text}
      Namespace: {rule.namespace}
      MetricName: {rule.metric}
      Dimensions: [{{ Name: {name}, Value: {value} }}]
      Statistic: {rule.statistic}
      Period: {rule.period_s}
      EvaluationPeriods: 1
      Threshold: {rule.threshold}
      ComparisonOperator: {rule.comparison}
      TreatMissingData: {rule.missing}
      AlarmActions: [{topic}]
      OKActions: [{topic}]
"""


def pages() -> dict[str, str]:
    """Path below the project to text, for every service."""
    return {f"services/{name}/resources/alarms.yml": page(name) for name in SERVICES}


def main() -> None:
    for path, text in pages().items():
        (ROOT / path).write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
