"""Our own rules for every stack and stage, beside what cfn-lint knows."""

import json
from pathlib import Path
from typing import Any

import cfnlint.api
import pytest
import yaml
from cfnlint.config import ManualArgs

from cwp_shared.inbox import MAX_RECEIVES
from tests.rendering import ROOT, STAGES, Template, stacks
from tests.template.cloudformation import (
    as_list,
    dead_letter_queues,
    holds,
    imports,
    mappings_of,
    of_type,
    queues,
    statements,
    target,
)

SERVICES = sorted(name for name in stacks() if name != "shared")

#: What cfn-lint says that we know better, with the reason.
LINT_EXEMPTIONS = [
    "W8003",  # the stage is a literal once rendered, so conditions on it are constant
    "W1028",  # and so one branch of an If on them is never taken
    "W1033",  # among them the list of subnets where the config names none
    "W3005",  # osls adds DependsOn entries that GetAtt already implies
]


def test_cfn_lint_finds_nothing(template: Template) -> None:
    found = cfnlint.api.lint(
        json.dumps(template),
        config=ManualArgs(regions=["us-east-1"], ignore_checks=LINT_EXEMPTIONS),
    )
    assert [f"{match.rule.id} {match.message}" for match in found] == []


def test_every_queue_has_a_dead_letter_queue_that_outlives_it(template: Template) -> None:
    dead = dead_letter_queues(template)
    for name, queue in queues(template).items():
        policy = queue["RedrivePolicy"]
        letters = target(policy["deadLetterTargetArn"])
        assert letters == name.removesuffix("Queue") + "DeadLetters"
        assert policy["maxReceiveCount"] == MAX_RECEIVES + 1
        assert dead[letters]["MessageRetentionPeriod"] >= queue["MessageRetentionPeriod"]


def test_every_function_has_its_own_queue_role_and_partial_responses(template: Template) -> None:
    functions = of_type(template, "AWS::Lambda::Function")
    sources = mappings_of(template)
    assert set(functions) == set(sources)
    roles = [target(function["Role"]) for function in functions.values()]
    assert len(set(roles)) == len(roles)
    consumed = [target(mapping["EventSourceArn"]) for mapping in sources.values()]
    assert sorted(consumed) == sorted(queues(template))
    for mapping in sources.values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_messages_stay_hidden_for_six_function_timeouts(template: Template) -> None:
    functions = of_type(template, "AWS::Lambda::Function")
    for name, mapping in mappings_of(template).items():
        queue = queues(template)[target(mapping["EventSourceArn"])]
        window = mapping.get("MaximumBatchingWindowInSeconds", 0)
        assert queue["VisibilityTimeout"] >= 6 * functions[name]["Timeout"] + window


def test_no_function_is_invoked_but_by_its_queue(template: Template, stage: str) -> None:
    assert of_type(template, "AWS::Lambda::Permission") == {}
    known = {*queues(template)}
    people = f"connectwise-{stage}-AlarmTopicArn"
    for rule in of_type(template, "AWS::Events::Rule").values():
        assert "ScheduleExpression" not in rule, "schedules belong to EventBridge Scheduler"
        for entry in rule["Targets"]:
            queue = target(entry["Arn"])
            letters = target(entry["DeadLetterConfig"]["Arn"])
            if queue == people:
                assert letters in dead_letter_queues(template)
                continue
            assert queue in known
            assert letters == queue.removesuffix("Queue") + "DeadLetters"


def test_rules_may_send_to_their_queues(template: Template, stage: str) -> None:
    allowed = {
        (target(statement["Resource"]), target(source))
        for policy in of_type(template, "AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        for source in statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    }
    # The topic's own policy is the shared stack's (checked below).
    people = f"connectwise-{stage}-AlarmTopicArn"
    for name, rule in of_type(template, "AWS::Events::Rule").items():
        for entry in rule["Targets"]:
            assert target(entry["Arn"]) == people or (target(entry["Arn"]), name) in allowed
            assert (target(entry["DeadLetterConfig"]["Arn"]), name) in allowed


#: Actions for which AWS defines no resource, and the condition that must narrow them instead.
WITHOUT_RESOURCE = {
    "redshift-data:DescribeStatement": "redshift-data:statement-owner-iam-userid",
    "redshift-data:GetStatementResult": "redshift-data:statement-owner-iam-userid",
}


def test_no_wildcard_in_iam(template: Template) -> None:
    for role, statement in statements(template):
        actions = as_list(statement["Action"])
        assert not any("*" in action for action in actions), f"{role}: {actions}"
        if "*" in as_list(statement["Resource"]):
            narrowed = {WITHOUT_RESOURCE.get(action) for action in actions}
            assert set(statement["Condition"]["StringEquals"]) == narrowed, f"{role}: {actions}"
            assert "${aws:userid}" in statement["Condition"]["StringEquals"].values()


#: Service -> what it may say it is on the bus. Rules match the source, so no function can forge
#: another service's events.
SOURCES = {
    "fetcher": ["connectwise.fetcher"],
    "scheduler": ["connectwise.scheduler"],
    "writer": ["connectwise.writer"],
    "transformer": ["connectwise.transformer", "connectwise.operator"],
    "loader": ["connectwise.loader", "connectwise.operator"],
}


def test_functions_publish_in_their_own_name_only(template: Template, stack: str) -> None:
    publishing = [s for _, s in statements(template) if "events:PutEvents" in as_list(s["Action"])]
    assert bool(publishing) is (stack in SOURCES)
    for statement in publishing:
        condition = {"ForAllValues:StringEquals": {"events:source": SOURCES[stack]}}
        assert statement["Condition"] == condition


#: What a service may write in the lake: the prefixes under a tenant.
WRITES = {
    "fetcher": {"landing/connectwise/*", "quarantine/*"},
    "scheduler": {"runs/connectwise/*"},
    "writer": {"raw/connectwise/*", "sweeps/connectwise/*", "sweeps/connectwise/*/known/*"},
    "transformer": {
        "state/*", "canonical/*", "quarantine/*",
        "state/*/runs/*", "state/*/rebuilds/*", "canonical/*.parquet",
    },
    "loader": {"canonical/*/manifests/*", "quarantine/*/load-*"},
    "shared": set(),
}  # fmt: skip

#: What a service may use of another's stack, beside the bucket, the bus and the warehouse.
FOREIGN = {
    ("scheduler", "PageJobsQueueArn"): {"sqs:SendMessage"},
    ("scheduler", "TenantServicesTableArn"): {"dynamodb:GetItem", "dynamodb:Scan"},
    ("fetcher", "TenantServicesTableArn"): {"dynamodb:GetItem"},
    ("writer", "TenantServicesTableArn"): {"dynamodb:GetItem"},
    ("loader", "TenantServicesTableArn"): {"dynamodb:GetItem"},
}


def test_functions_write_in_their_own_places_only(template: Template, stack: str) -> None:
    writing = [
        resource
        for _, statement in statements(template)
        if {"s3:PutObject", "s3:DeleteObject"} & set(as_list(statement["Action"]))
        for resource in as_list(statement["Resource"])
    ]
    assert {r["Fn::Join"][1][1].removeprefix("/*/") for r in writing} == WRITES[stack]


def test_functions_use_nothing_of_other_services(
    template: Template, stack: str, stage: str
) -> None:
    for role, statement in statements(template):
        actions = {
            a for a in as_list(statement["Action"]) if a.split(":")[0] in ("sqs", "dynamodb")
        }
        for resource in as_list(statement["Resource"]) if actions else ():
            if name := next(imports(resource), None):
                allowed = FOREIGN.get((stack, name.removeprefix(f"connectwise-{stage}-")), set())
                assert actions <= allowed, f"{role}: {actions} on {name}"


def test_the_fetcher_alone_reads_keys_and_of_its_own_stage(
    template: Template, stack: str, stage: str
) -> None:
    reading = [
        (role, as_list(statement["Action"]), statement["Resource"]["Fn::Sub"])
        for role, statement in statements(template)
        if any("secretsmanager" in action for action in as_list(statement["Action"]))
    ]
    if stack != "fetcher":
        assert reading == []
        return
    ((role, actions, resource),) = reading
    assert (role, actions) == ("FetchRole", ["secretsmanager:GetSecretValue"])
    assert resource.endswith(f":secret:connectwise/{stage}/*")


def test_no_environment_has_a_secret(template: Template) -> None:
    for function in of_type(template, "AWS::Lambda::Function").values():
        for name in function["Environment"]["Variables"]:
            assert not any(word in name for word in ("SECRET", "PASSWORD", "TOKEN", "API_KEY"))


def test_queues_and_tables_are_encrypted(template: Template) -> None:
    for queue in of_type(template, "AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
    for table in of_type(template, "AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["SSEEnabled"] is True


def test_logs_end(template: Template) -> None:
    groups = of_type(template, "AWS::Logs::LogGroup")
    assert len(groups) == len(of_type(template, "AWS::Lambda::Function"))
    assert all(group["RetentionInDays"] > 0 for group in groups.values())


def test_names_carry_the_stage(template: Template, stage: str) -> None:
    naming = ("QueueName", "TableName", "RoleName", "AlarmName", "FunctionName", "DashboardName")
    for name, resource in template["Resources"].items():
        for key in naming:
            given = resource.get("Properties", {}).get(key)
            if isinstance(given, str) or (given and "Fn::Sub" in given):
                assert stage in str(given), f"{name}.{key} = {given}"


def exports(template: Template) -> set[str]:
    return {o["Export"]["Name"] for o in template.get("Outputs", {}).values() if "Export" in o}


@pytest.mark.parametrize("service", SERVICES)
def test_imports_come_from_stacks_that_compose_deploys_before(
    templates: dict[tuple[str, str], Template], service: str, stage: str
) -> None:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "serverless-compose.yml").read_text())
    before = compose["services"][service]["dependsOn"]
    offered = set().union(*(exports(templates[name, stage]) for name in before))
    assert set(imports(templates[service, stage])) <= offered


@pytest.mark.parametrize("service", SERVICES)
def test_bucket_is_private_encrypted_versioned(service: str) -> None:
    """No service makes a bucket of its own; the lake is the shared stack's (checked below)."""
    own = Path(stacks()[service]) / "resources"
    assert not any("AWS::S3::Bucket" in path.read_text() for path in own.glob("*.yml"))


@pytest.mark.parametrize("stage", STAGES)
def test_the_lake_is_private_encrypted_and_versioned(
    templates: dict[tuple[str, str], Template], stage: str
) -> None:
    lake = of_type(templates["shared", stage], "AWS::S3::Bucket")["Lake"]
    assert all(lake["PublicAccessBlockConfiguration"].values())
    assert lake["VersioningConfiguration"] == {"Status": "Enabled"}
    assert lake["BucketEncryption"]
    assert lake["NotificationConfiguration"]["EventBridgeConfiguration"]


@pytest.mark.parametrize("stage", STAGES)
def test_alarms_and_rules_may_tell_people(
    templates: dict[tuple[str, str], Template], stage: str
) -> None:
    policy = of_type(templates["shared", stage], "AWS::SNS::TopicPolicy")["AlarmTopicPolicy"]
    principals = {s["Principal"]["Service"] for s in policy["PolicyDocument"]["Statement"]}
    assert principals == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_warehouse_is_made_unless_the_config_names_one(
    templates: dict[tuple[str, str], Template], stage: str
) -> None:
    shared = templates["shared", stage]
    made = [
        resource
        for resource in shared["Resources"].values()
        if resource["Type"].startswith("AWS::RedshiftServerless::")
    ]
    assert {resource["Condition"] for resource in made} == {"MakesWorkgroup"}
    assert {resource["DeletionPolicy"] for resource in made} == {"Retain"}
    assert holds(shared, "MakesWorkgroup") is (stage != "local"), "the emulator knows no Redshift"
    (namespace,) = of_type(shared, "AWS::RedshiftServerless::Namespace").values()
    (workgroup,) = of_type(shared, "AWS::RedshiftServerless::Workgroup").values()
    assert namespace["ManageAdminPassword"] is True
    assert workgroup["PubliclyAccessible"] is False


@pytest.mark.parametrize("stage", STAGES)
def test_copy_reads_canonical_files_of_this_lake_and_nothing_else(
    templates: dict[tuple[str, str], Template], stage: str
) -> None:
    shared = templates["shared", stage]
    assert holds(shared, "MakesCopyRole")
    given = {
        (action, json.dumps(statement["Resource"]), json.dumps(statement.get("Condition")))
        for role, statement in statements(shared)
        for action in as_list(statement["Action"])
        if role == "CopyRole"
    }
    assert given == {
        ("s3:GetObject", '{"Fn::Sub": "${Lake.Arn}/*/canonical/*"}', "null"),
        (
            "s3:ListBucket",
            '{"Fn::GetAtt": ["Lake", "Arn"]}',
            '{"StringLike": {"s3:prefix": "*/canonical/*"}}',
        ),
    }


@pytest.mark.parametrize("stage", STAGES)
def test_the_loader_runs_statements_in_this_workgroup_only(
    templates: dict[tuple[str, str], Template], stage: str
) -> None:
    for action in ("redshift-data:BatchExecuteStatement", "redshift-serverless:GetCredentials"):
        resources = [
            statement["Resource"]
            for _, statement in statements(templates["loader", stage])
            if action in as_list(statement["Action"])
        ]
        assert resources == [{"Fn::ImportValue": f"connectwise-{stage}-WorkgroupArn"}], action
