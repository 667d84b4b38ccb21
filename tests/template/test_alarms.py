"""Alarms of every stack and stage: that each thing has one, what they say, and when they go off."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripts import export_alarms

from cwp_shared import metrics
from tests.alarm_state import Point, state
from tests.counted import counted, data_points
from tests.cwpipe_line import take
from tests.rendering import ROOT, STAGES, Template, render, stacks
from tests.template.cloudformation import (
    dead_letter_queues,
    holds,
    mappings_of,
    of_type,
    queues,
    target,
)

SERVICES = sorted(name for name in stacks() if name != "shared")
RUNBOOKS = ROOT / "docs" / "runbooks"
TEXT = re.compile(
    r"What is wrong: (?P<wrong>.+)\.\n"
    r"For the data: (?P<data>.+)\.\n"
    r"First command: (?P<command>cwpipe --stage (?P<stage>\w+) .+)\n"
    r"Runbook: docs/runbooks/(?P<runbook>[a-z-]+\.md)"
)
#: The functions that a schedule calls.
SCHEDULED = {"PlanLambdaFunction", "SettleLambdaFunction"}
#: What is shown only: the tables behind it have their alarm.
WITHOUT_ALARM = {metrics.CADENCES_BEHIND}


def alarms(template: Template) -> dict[str, Any]:
    return of_type(template, "AWS::CloudWatch::Alarm")


def said(alarm: dict[str, Any]) -> dict[str, str]:
    found = TEXT.fullmatch(alarm["AlarmDescription"])
    assert found, alarm["AlarmDescription"]
    return found.groupdict()


def test_files_are_what_the_code_makes() -> None:
    for path, text in export_alarms.pages().items():
        assert (ROOT / path).read_text() == text, "run: make monitoring"


def test_everything_that_can_fail_has_its_alarm(template: Template) -> None:
    watched = {
        (alarm["MetricName"], target(alarm["Dimensions"][0]["Value"]))
        for alarm in alarms(template).values()
        if alarm["Namespace"].startswith("AWS/")
    }
    wanted = {("ApproximateNumberOfMessagesVisible", name) for name in dead_letter_queues(template)}
    wanted |= {("ApproximateAgeOfOldestMessage", name) for name in queues(template)}
    for function in of_type(template, "AWS::Lambda::Function"):
        wanted |= {(metric, function) for metric in ("Errors", "Throttles", "Duration")}
    wanted |= {("Invocations", name) for name in SCHEDULED & set(mappings_of(template))}
    assert watched == wanted


def test_what_services_count_has_its_alarm(template: Template, stack: str, stage: str) -> None:
    own = [one for one in alarms(template).values() if not one["Namespace"].startswith("AWS/")]
    counted_here = {one.name for one in metrics.METRICS if one.service == stack}
    shown_only = {one.name for one in WITHOUT_ALARM}
    assert {alarm["MetricName"] for alarm in own} == counted_here - shown_only
    for alarm in own:
        assert alarm["Namespace"] == f"connectwise-{stage}"
        assert alarm["Dimensions"] == [{"Name": "service", "Value": stack}]
    for function in of_type(template, "AWS::Lambda::Function").values():
        variables = function["Environment"]["Variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == f"connectwise-{stage}"


def test_functions_have_a_fifth_of_their_time_left_when_the_alarm_goes_off(
    template: Template,
) -> None:
    functions = of_type(template, "AWS::Lambda::Function")
    near = [one for one in alarms(template).values() if one["MetricName"] == "Duration"]
    for alarm in near:
        function = functions[target(alarm["Dimensions"][0]["Value"])]
        assert alarm["Threshold"] == function["Timeout"] * 800


def test_alarms_tell_somebody_when_they_begin_and_when_they_end(
    template: Template, stage: str
) -> None:
    topic = [{"Fn::ImportValue": f"connectwise-{stage}-AlarmTopicArn"}]
    for alarm in alarms(template).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == topic


def test_alarms_say_what_is_wrong_what_it_means_and_what_to_type(
    template: Template, stage: str
) -> None:
    for alarm in alarms(template).values():
        text = said(alarm)
        assert text["stage"] == stage
        assert len(alarm["AlarmDescription"]) <= 1024, "CloudWatch's limit"
        path = take(text["command"])
        page = (RUNBOOKS / text["runbook"]).read_text()
        first = page.split("**First command**")[1].split("```")[1]
        assert path in [take(line) for line in first.strip().splitlines()], text["runbook"]


def test_alarm_and_runbook_name_each_other(
    templates: dict[tuple[str, str], Template],
) -> None:
    named: dict[str, set[str]] = {}
    for (_, stage), template in templates.items():
        for alarm in alarms(template).values():
            name = alarm["AlarmName"].removesuffix(f"-{stage}")
            named.setdefault(said(alarm)["runbook"], set()).add(name)
    # Told by a rule, not by an alarm.
    rules = (ROOT / "services/scheduler/resources/rules.yml").read_text()
    assert "Runbook: docs/runbooks/source-blocked.md" in rules
    assert {*named, "source-blocked.md"} == {path.name for path in RUNBOOKS.glob("*.md")}
    for runbook, names in named.items():
        text = (RUNBOOKS / runbook).read_text()
        patterns = [
            re.escape(shown).replace("<service>", "[a-z]+").replace(r"\-", "-")
            for shown in re.findall(r"`(connectwise-[^`]*)-<stage>`", text)
        ]
        pattern = "|".join(re.sub("<[a-z]+>", "[a-z]+", one) for one in patterns)
        for name in names:
            assert re.fullmatch(pattern, name), f"{runbook} does not name {name}"


def test_who_is_told_stands_in_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, templates: dict[tuple[str, str], Template]
) -> None:
    told = {"email": "people@example.com", "https": "https://pager.example.com/hook"}
    monkeypatch.setenv("CWP_ALARM_EMAIL", told["email"])
    monkeypatch.setenv("CWP_ALARM_URL", told["https"])
    somebody = render(stacks()["shared"], "dev", tmp_path)
    for template, endpoints in (
        (somebody, told),
        (templates["shared", "dev"], dict.fromkeys(told, "")),
    ):
        found = {
            resource["Properties"]["Protocol"]: resource
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::SNS::Subscription"
        }
        assert set(found) == set(told)
        for protocol, endpoint in endpoints.items():
            subscription = found[protocol]
            assert subscription["Properties"]["TopicArn"] == {"Ref": "AlarmTopic"}
            assert subscription["Properties"]["Endpoint"] == endpoint
            assert holds(template, subscription["Condition"]) is bool(endpoint)


def resolved(template: Template, alarm: dict[str, Any]) -> dict[str, Any]:
    """An alarm with its queue or function by name, as CloudFormation would make it."""
    (dimension,) = alarm["Dimensions"]
    value = dimension["Value"]
    if not isinstance(value, str):
        properties = template["Resources"][target(value)]["Properties"]
        value = properties.get("QueueName") or properties["FunctionName"]
    return {**alarm, "Dimensions": [{"Name": dimension["Name"], "Value": value}]}


def cases(templates: dict[tuple[str, str], Template], stage: str) -> Iterator[dict[str, Any]]:
    for service in SERVICES:
        template = templates[service, stage]
        for alarm in alarms(template).values():
            yield resolved(template, alarm)


#: The end of a period of every length that is used.
NOW = 1_800_000_000 // 3600 * 3600.0


def emitted(metric: metrics.Metric, value: float, log: Any) -> list[Point]:
    """What CloudWatch would make of the line that the code puts for a value."""
    log.readouterr()
    metrics.put({metric: value}, {"tenant_id": "acme"}, {"tenant_id": "acme"})
    (line,) = counted(log.readouterr().out)
    return [
        Point(
            point["Namespace"],
            point["MetricName"],
            {entry["Name"]: entry["Value"] for entry in point["Dimensions"]},
            point["Values"][0],
            NOW - 1,
        )
        for point in data_points(line)
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_own_alarms_go_off_by_what_the_code_puts_and_come_back(
    templates: dict[tuple[str, str], Template],
    stage: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", f"connectwise-{stage}")
    everything = list(cases(templates, stage))
    for metric in set(metrics.METRICS) - WITHOUT_ALARM:
        (alarm,) = (one for one in everything if one["MetricName"] == metric.name)
        threshold = alarm["Threshold"]
        bad, good = (emitted(metric, value, capsys) for value in (threshold + 1, threshold))
        assert state(alarm, bad, NOW) == "ALARM", metric
        assert state(alarm, bad, NOW + alarm["Period"]) == "OK", "nothing new: it comes back"
        assert state(alarm, good, NOW) == "OK"
        others = [one for one in everything if one is not alarm]
        assert not any(
            state(one, bad, NOW) == "ALARM"
            for one in others
            if one["TreatMissingData"] == "notBreaching"
        ), "and no other alarm does"


def test_alarms_of_aws_go_off_and_come_back(templates: dict[tuple[str, str], Template]) -> None:
    for alarm in cases(templates, "prod"):
        dimensions = {entry["Name"]: entry["Value"] for entry in alarm["Dimensions"]}
        less = alarm["ComparisonOperator"] == "LessThanThreshold"
        bad, good = (alarm["Threshold"] + step for step in ((-1, 0) if less else (1, 0)))
        for value, expected in ((bad, "ALARM"), (good, "OK")):
            point = Point(alarm["Namespace"], alarm["MetricName"], dimensions, value, NOW - 1)
            assert state(alarm, [point], NOW) == expected, alarm["AlarmName"]


def test_silence_is_good_news_but_of_what_a_schedule_calls(
    templates: dict[tuple[str, str], Template],
) -> None:
    silent = {
        alarm["AlarmName"] for alarm in cases(templates, "prod") if state(alarm, [], NOW) != "OK"
    }
    assert silent == {
        "connectwise-scheduler-ticks-stopped-prod",
        "connectwise-loader-sweeps-stopped-prod",
    }
