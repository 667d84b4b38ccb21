"""Rule patterns against what producers emit: golden samples through each rendered pattern.

Who consumes what is written down here once more, on purpose: a pattern that is mistyped, or an
event that nobody takes any more, must fail here and not go quiet in production.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from cwp_loader.messages import Sweep, parse
from cwp_shared.events import EVENTS, Event, RunCompleted
from tests.rendering import Template
from tests.template.cloudformation import of_type, target

SAMPLES = Path(__file__).parent / "samples"

#: detail-type -> queues (service, logical id) that must get it, or the topic that people read.
CONSUMERS: dict[str, set[tuple[str, str]]] = {
    "SyncRequested": {("scheduler", "RequestsQueue")},
    "RunCancelRequested": {("scheduler", "ProgressQueue")},
    "TableSurveyed": {("scheduler", "ProgressQueue")},
    "PageFetched": {("writer", "PagesQueue")},
    "PageFailed": {("scheduler", "ProgressQueue")},
    "PageQuarantined": {("scheduler", "ProgressQueue")},
    "PagesWritten": {("scheduler", "ProgressQueue")},
    "PageRejected": {("scheduler", "ProgressQueue")},
    # Of an incremental run; sweeps below.
    "RunCompleted": set(),
    "AbsencesReleased": {("writer", "SweepsQueue")},
    "CanonicalCommitted": {("loader", "CommitsQueue")},
    "CommitsRequested": {("transformer", "FilesQueue")},
    "RebuildRequested": {("transformer", "FilesQueue")},
    # For operators and other people's consumers.
    "RunFailed": set(),
    "SourceBlocked": {("scheduler", "AlarmTopicArn")},
    "SourceRecovered": set(),
    "AbsencesProven": set(),
    "AbsencesHeld": set(),
    "TableLoaded": set(),
    "LoadFailed": set(),
}

OBJECT_CREATED = {
    "source": "aws.s3",
    "detail-type": "Object Created",
    "detail": {
        "bucket": {"name": "lake"},
        "object": {
            "key": "acme/raw/connectwise/service_tickets/20260301T120107000123Z.parquet",
            "size": 1,
        },
    },
}
STATEMENT_FINISHED = {
    "source": "aws.redshift-data",
    "detail-type": "Redshift Data Statement Status Change",
    "detail": {"statementName": "v1|acme|tickets|load|x", "statementId": "1", "state": "FINISHED"},
}


def envelope(model: type[Event]) -> dict[str, Any]:
    detail = json.loads((SAMPLES / f"{model.__name__}.v1.json").read_text())
    return {"source": model.source, "detail-type": model.detail_type, "detail": detail}


def matches(pattern: str, event: Any) -> bool:
    return EventPattern.load(pattern).matches_event(event)


def takers(
    templates: dict[tuple[str, str], Template], stage: str, event: dict[str, Any], *, own_bus: bool
) -> set[tuple[str, str]]:
    """The queues whose rules match an event."""
    found = set()
    for (stack, its_stage), template in templates.items():
        if its_stage != stage:
            continue
        for rule in of_type(template, "AWS::Events::Rule").values():
            text = json.dumps(rule["EventPattern"])
            text = text.replace(
                json.dumps({"Fn::ImportValue": f"connectwise-{stage}-BucketName"}), '"lake"'
            )
            if ("EventBusName" in rule) == own_bus and matches(text, event):
                arns = (target(entry["Arn"]) for entry in rule["Targets"])
                found |= {(stack, arn.removeprefix(f"connectwise-{stage}-")) for arn in arns}
    return found


@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
@pytest.mark.parametrize("model", EVENTS, ids=lambda model: model.detail_type)
def test_each_event_reaches_its_consumers_and_no_others(
    templates: dict[tuple[str, str], Template], stage: str, model: type[Event]
) -> None:
    expected = CONSUMERS[model.detail_type]
    assert takers(templates, stage, envelope(model), own_bus=True) == expected


@pytest.mark.parametrize("mode", ["reconcile", "full"])
def test_runs_that_list_all_ids_reach_the_comparison(
    templates: dict[tuple[str, str], Template], mode: str
) -> None:
    completed = envelope(RunCompleted)
    completed["detail"]["mode"] = mode
    assert takers(templates, "dev", completed, own_bus=True) == {("writer", "SweepsQueue")}


def test_raw_files_reach_the_transformer_and_other_objects_nobody(
    templates: dict[tuple[str, str], Template],
) -> None:
    assert takers(templates, "dev", OBJECT_CREATED, own_bus=False) == {
        ("transformer", "FilesQueue")
    }
    for key in ("acme/canonical/tickets/1.parquet", "acme/landing/connectwise/t/r/j.json.gz"):
        other = json.loads(json.dumps(OBJECT_CREATED))
        other["detail"]["object"]["key"] = key
        assert takers(templates, "dev", other, own_bus=False) == set()


def test_only_our_statements_reach_the_loader(
    templates: dict[tuple[str, str], Template],
) -> None:
    assert takers(templates, "dev", STATEMENT_FINISHED, own_bus=False) == {
        ("loader", "StatementsQueue")
    }
    other = json.loads(json.dumps(STATEMENT_FINISHED))
    other["detail"]["statementName"] = "somebody's"
    assert takers(templates, "dev", other, own_bus=False) == set()


@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
def test_the_loader_is_told_to_sweep(
    templates: dict[tuple[str, str], Template], stage: str
) -> None:
    """What a lost event leaves behind is found by nobody else."""
    (sweep,) = of_type(templates["loader", stage], "AWS::Scheduler::Schedule").values()
    assert sweep.get("State", "ENABLED") == "ENABLED"
    assert target(sweep["Target"]["Arn"]) == "StatementsQueue"
    assert isinstance(parse(sweep["Target"]["Input"]), Sweep)
