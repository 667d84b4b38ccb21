"""The policies in docs/iam hold what deploying and operating take, and nothing else.

What CloudFormation calls for a resource is AWS's own word: the permissions that a resource type's
schema lists for its handlers, which cfn-lint brings along. They list every feature of a type; those
that our resources leave alone are named here, with the reason. Whether osls itself gets through is
tried by a user who has no other rights (tests/e2e/test_survival.py).
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import cfnlint
import cfnlint.api
import pytest
from botocore import xform_name
from cfnlint.config import ManualArgs
from moto.iam.access_control import IAMPolicy, PermissionResult

from tests.rendering import ROOT, Template
from tests.template.cloudformation import as_list

DOCS = ROOT / "docs" / "iam"
POLICIES = sorted(DOCS.glob("deploy-*.json"))
LINTED = Path(cfnlint.__file__).parent / "data"
AWS_STAGES = ("dev", "prod")
#: IAM's limit for a managed policy, white space apart.
LIMIT = 6144

#: Start of an action to why CloudFormation does not need it here.
NOT_USED = {
    "dynamodb:AssociateTableReplica": "no global table",
    "dynamodb:BatchWriteItem": "no import, no replica",
    "dynamodb:CreateTableReplica": "no global table",
    "dynamodb:DeleteItem": "no import, no replica",
    "dynamodb:DeleteResourcePolicy": "tables have no policy of their own",
    "dynamodb:DescribeImport": "no import",
    "dynamodb:DisableKinesis": "no stream",
    "dynamodb:EnableKinesis": "no stream",
    "dynamodb:GetItem": "no import, no replica",
    "dynamodb:ImportTable": "no import",
    "dynamodb:PutItem": "no import, no replica",
    "dynamodb:PutResourcePolicy": "tables have no policy of their own",
    "dynamodb:Query": "no import, no replica",
    "dynamodb:Scan": "no import, no replica",
    "dynamodb:UpdateContributorInsights": "not switched on",
    "dynamodb:UpdateItem": "no import, no replica",
    "dynamodb:UpdateKinesis": "no stream",
    "ec2:DescribeNetworkInterfaces": "functions are in no VPC",
    "ec2:DescribeVpcs": "functions are in no VPC",
    "elasticfilesystem:": "functions mount nothing",
    "events:PutPermission": "nobody else sends to the bus",
    "events:RemovePermission": "nobody else sends to the bus",
    "firehose:": "logs go nowhere else",
    "iam:AttachRolePolicy": "roles have policies of their own only",
    "iam:DeleteRolePermissionsBoundary": "no boundary",
    "iam:DetachRolePolicy": "roles have policies of their own only",
    "iam:PutRolePermissionsBoundary": "no boundary",
    "kinesis:": "no stream",
    "kms:": "keys are AWS's own, and let in who may use the service",
    "lambda:AssociateRuntimeAlias": "Lambda chooses the runtime's patch",
    "lambda:DeleteFunctionCodeSigningConfig": "code is not signed",
    "lambda:GetCodeSigningConfig": "code is not signed",
    "lambda:GetLayerVersion": "no layer",
    "lambda:PassCapacityProvider": "Lambda's own capacity",
    "lambda:PublishVersion": "functions have no versions",
    "lambda:PutFunctionCodeSigningConfig": "code is not signed",
    "lambda:PutFunctionScalingConfig": "Lambda's own capacity",
    "lambda:PutRuntimeManagementConfig": "Lambda chooses the runtime's patch",
    "logs:AssociateKmsKey": "keys are AWS's own",
    "logs:CreateLogDelivery": "logs go nowhere else",
    "logs:CreateLogStream": "functions do, and an import would",
    "logs:DeleteDataProtectionPolicy": "nothing is masked: nothing secret is logged",
    "logs:DeleteIndexPolicy": "no index",
    "logs:DeleteResourcePolicy": "log groups have no policy of their own",
    "logs:DescribeLogStreams": "an import would",
    "logs:DisassociateKmsKey": "keys are AWS's own",
    "logs:PutBearerTokenAuthentication": "not switched on",
    "logs:PutDataProtectionPolicy": "nothing is masked: nothing secret is logged",
    "logs:PutIndexPolicy": "no index",
    "logs:PutLogEvents": "functions do, and an import would",
    "logs:PutLogGroupDeletionProtection": "not switched on",
    "logs:PutResourcePolicy": "log groups have no policy of their own",
    "redshift-serverless:CreateSnapshotCopyConfiguration": "no copies in other regions",
    "redshift-serverless:DeleteSnapshotCopyConfiguration": "no copies in other regions",
    "redshift-serverless:RestoreFrom": "a person restores",
    "redshift-serverless:UpdateSnapshotCopyConfiguration": "no copies in other regions",
    "redshift:DeleteResourcePolicy": "nobody else's warehouse reads from ours",
    "redshift:PutResourcePolicy": "nobody else's warehouse reads from ours",
    "s3:CreateBucketMetadata": "no such table",
    "s3:DeleteBucketAnalytics": "not configured",
    "s3:DeleteBucketCors": "not configured",
    "s3:DeleteBucketEncryption": "always configured",
    "s3:DeleteBucketLifecycle": "always configured",
    "s3:DeleteBucketMetadata": "no such table",
    "s3:DeleteBucketMetrics": "not configured",
    "s3:DeleteBucketReplication": "not configured",
    "s3:DeleteBucketWebsite": "not configured",
    "s3:GetObjectMetadata": "no action: IAM knows none of this name",
    "s3:PutAccelerate": "not configured",
    "s3:PutAnalytics": "not configured",
    "s3:PutBucketAbac": "not configured",
    "s3:PutBucketAcl": "not configured",
    "s3:PutBucketCORS": "not configured",
    "s3:PutBucketLogging": "not configured",
    "s3:PutBucketObjectLock": "not configured",
    "s3:PutBucketOwnership": "not configured",
    "s3:PutBucketReplication": "not configured",
    "s3:PutBucketWebsite": "not configured",
    "s3:PutIntelligentTiering": "not configured",
    "s3:PutInventory": "not configured",
    "s3:PutMetrics": "not configured",
    "s3:PutObjectAcl": "not configured",
    "s3:PutObjectLock": "not configured",
    "s3:PutReplication": "not configured",
    "s3:REST.PUT.OBJECT": "no action: IAM knows none of this name",
    "s3:UpdateBucketMetadata": "no such table",
    "s3files:": "functions mount nothing",
    "s3tables:": "no such table",
    "sns:PutDataProtectionPolicy": "nothing is masked: nothing secret is sent",
}

#: What osls calls beside CloudFormation's own calls: deploying, `info`, `rollback`, `remove`.
BY_OSLS = {
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStack",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate",
    "cloudformation:ListExports",
    "cloudformation:ListStackResources",
    "cloudformation:TagResource",
    "cloudformation:UntagResource",
    "cloudformation:UpdateStack",
    "cloudformation:ValidateTemplate",
    "logs:DescribeSubscriptionFilters",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:ListBucketVersions",
    "s3:PutObject",
}


@cache
def policies() -> tuple[IAMPolicy, ...]:
    return tuple(IAMPolicy(path.read_text()) for path in POLICIES)


def statements() -> Iterator[dict[str, Any]]:
    for path in POLICIES:
        yield from json.loads(path.read_text())["Statement"]


def granted() -> set[str]:
    return {action for statement in statements() for action in as_list(statement["Action"])}


@cache
def linted(name: str) -> Any:
    """A file of cfn-lint's knowledge of AWS."""
    return json.loads((LINTED / f"{name}.json").read_text())


@cache
def asked(kind: str) -> frozenset[str]:
    """What CloudFormation calls to make, read, change and delete a resource like ours."""
    schema = linted(f"schemas/resources/{linted('schemas/providers/us-east-1')[kind]}")
    handlers = [schema["handlers"].get(verb, {}) for verb in ("create", "read", "update", "delete")]
    permissions = {one for handler in handlers for one in handler.get("permissions", ())}
    assert permissions, f"{kind}: the schema does not say what its handlers call"
    return frozenset(one for one in permissions if not one.startswith(tuple(NOT_USED)))


def with_resource(action: str) -> bool:
    """Whether IAM can tie the action to a resource."""
    service, _, name = action.partition(":")
    actions = linted("AdditionalSpecs/Policies")[service]["Actions"]
    return bool(actions[name.lower()].get("Resources"))


A_ZIP = "s3:::connectwise-fetcher-dev-serverlessdeploymentbuck-1a2b/serverless/fetcher.zip"
#: What these are about, whichever resource they are asked for.
ELSEWHERE = {
    "iam:CreateServiceLinkedRole": "iam::1:role/aws-service-role/redshift.amazonaws.com/Any",
    "s3:DeleteObject": A_ZIP,
}


def arns(kind: str, resource: dict[str, Any], name: str) -> dict[str, str]:
    """ARN by the service of an action: the resource's own, and of what its making touches."""
    here = "us-east-1:123456789012"
    service = kind.split("::")[1].lower()
    own = {
        "AWS::CloudWatch::Alarm": f"cloudwatch:{here}:alarm:{name}",
        "AWS::CloudWatch::Dashboard": f"cloudwatch::123456789012:dashboard/{name}",
        "AWS::DynamoDB::Table": f"dynamodb:{here}:table/{name}",
        "AWS::Events::Archive": f"events:{here}:archive/{name}",
        "AWS::Events::EventBus": f"events:{here}:event-bus/{name}",
        "AWS::Events::Rule": f"events:{here}:rule/"
        + (f"connectwise-dev/{name}" if "EventBusName" in resource else name),
        "AWS::IAM::Role": f"iam::123456789012:role/{name}",
        "AWS::Lambda::EventSourceMapping": f"lambda:{here}:event-source-mapping:0123-4567",
        "AWS::Lambda::Function": f"lambda:{here}:function:{name}",
        "AWS::Logs::LogGroup": f"logs:{here}:log-group:{name}:*",
        "AWS::RedshiftServerless::Namespace": f"redshift-serverless:{here}:namespace/0123-4567",
        "AWS::RedshiftServerless::Workgroup": f"redshift-serverless:{here}:workgroup/0123-4567",
        "AWS::S3::Bucket": f"s3:::{name}",
        "AWS::S3::BucketPolicy": f"s3:::{name}",
        "AWS::SNS::Subscription": f"sns:{here}:connectwise-alarms-dev",
        "AWS::SNS::Topic": f"sns:{here}:{name}",
        "AWS::SNS::TopicPolicy": f"sns:{here}:connectwise-alarms-dev",
        "AWS::SQS::Queue": f"sqs:{here}:{name}",
        "AWS::SQS::QueuePolicy": f"sqs:{here}:{name}",
        "AWS::Scheduler::Schedule": f"scheduler:{here}:schedule/default/{name}",
    }
    service = {"redshiftserverless": "redshift-serverless"}.get(service, service)
    return {
        "iam": "iam::123456789012:role/connectwise-fetcher-fetch-dev",
        "s3": A_ZIP,
        "secretsmanager": f"secretsmanager:{here}:secret:redshift!connectwise-dev-admin-1a2b3c",
        "redshift-serverless": f"redshift-serverless:{here}:namespace/0123-4567",
        "redshift": f"redshift-serverless:{here}:namespace/0123-4567",
        "ec2": f"ec2:{here}:vpc/vpc-0123",
        "logs": f"logs:{here}:log-group:/aws/lambda/connectwise-fetcher-dev-fetch:*",
        service: own[kind],
    }


def name_of(stack: str, stage: str, logical_id: str, properties: dict[str, Any]) -> str:
    """The name that the template gives, else one such as CloudFormation makes."""
    made = f"connectwise-{stack}-{stage}-{logical_id}-1A2B3C"
    for key, value in properties.items():
        given = value.get("Fn::Sub") if isinstance(value, dict) else value
        if key.endswith("Name") and key != "EventBusName" and given:
            return str(given)
    return made


def is_granted(action: str, arn: str) -> bool:
    context = {
        "iam:PassedToService": "lambda.amazonaws.com",
        "iam:AWSServiceName": "redshift.amazonaws.com",
    }
    resource = f"arn:aws:{ELSEWHERE.get(action, arn)}" if with_resource(action) else "*"
    results = (
        policy.is_action_permitted(action, resource, incoming_condition_values=context)
        for policy in policies()
    )
    return PermissionResult.PERMITTED in results


@pytest.mark.parametrize("stage", AWS_STAGES)
def test_every_resource_can_be_made_changed_and_deleted(
    template: Template, stack: str, stage: str
) -> None:
    missing = {
        f"{logical_id}: {action}"
        for logical_id, resource in template["Resources"].items()
        for kind, properties in [(resource["Type"], resource.get("Properties", {}))]
        for action in asked(kind)
        for found in [arns(kind, properties, name_of(stack, stage, logical_id, properties))]
        if not is_granted(action, found[action.partition(":")[0]])
    }
    assert sorted(missing) == []


def test_nothing_else_is_granted(templates: dict[tuple[str, str], Template]) -> None:
    kinds = {
        resource["Type"]
        for (_, stage), template in templates.items()
        if stage in AWS_STAGES
        for resource in template["Resources"].values()
    }
    asked_for = BY_OSLS.union(*map(asked, kinds))
    assert sorted(granted() - asked_for) == []
    # And what is said not to be used is not listed for nothing.
    assert not granted() & set(NOT_USED)


def test_rights_are_tied_to_resources_wherever_iam_can() -> None:
    for statement in statements():
        actions = as_list(statement["Action"])
        assert not any("*" in action for action in actions), statement["Sid"]
        if statement["Resource"] == "*":
            assert [a for a in actions if with_resource(a)] == [], statement["Sid"]


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.json")), ids=lambda path: path.name)
def test_iam_takes_the_policy(path: Path) -> None:
    """cfn-lint knows the grammar, and every action of every service."""
    document = json.loads(path.read_text())
    assert len(json.dumps(document, separators=(",", ":"))) <= LIMIT
    managed = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
    found = cfnlint.api.lint(
        json.dumps({"Resources": {"Policy": managed}}), config=ManualArgs(regions=["us-east-1"])
    )
    assert [f"{match.rule.id} {match.message}" for match in found] == []


#: Calls whose right has another name (IAM's reference of S3, SQS and DynamoDB).
NAMED_OTHERWISE = {
    "dynamodb:BatchWriter": "dynamodb:BatchWriteItem",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
#: What docs/deploying.md has operators do with the AWS CLI, and what calls bring along.
BESIDE_CALLS = {
    "cloudwatch:DescribeAlarms",
    "redshift-serverless:GetCredentials",
    "s3:DeleteObjectVersion",
}


def called_by_operators() -> dict[str, set[str]]:
    """Every name that cwp_ops calls which is a call of AWS, and the rights that it may mean."""
    sources = "\n".join(path.read_text() for path in (ROOT / "ops" / "src").rglob("*.py"))
    session = botocore.session.get_session()
    meant: dict[str, set[str]] = defaultdict(set)
    for service in {"dynamodb", *re.findall(r'client\("([a-z0-9-]+)"\)', sources)}:
        operations = session.get_service_model(service).operation_names
        for operation in (*operations, *(["BatchWriter"] if service == "dynamodb" else [])):
            action = f"{service}:{operation}"
            meant[xform_name(operation)].add(NAMED_OTHERWISE.get(action, action))
    names = re.findall(r'\.get_paginator\("(\w+)"|\.(\w+)', sources)
    return {name: meant[name] for pair in names for name in pair if name in meant}


def typed_by_operators() -> set[str]:
    """The rights that calls with the AWS CLI take, as the runbooks have them."""
    pages = (ROOT / "docs" / "runbooks").glob("*.md")
    found = set()
    for page in pages:
        for service, call in re.findall(r"\baws ([a-z]+) ([a-z-]+)", page.read_text()):
            operations = botocore.session.get_session().get_service_model(service).operation_names
            (name,) = (one for one in operations if xform_name(one, "-") == call)
            found.add(f"{service}:{name}")
    return found


def test_operators_may_do_what_cwpipe_and_the_runbooks_do_and_nothing_else() -> None:
    document = json.loads((DOCS / "operate.json").read_text())
    rights = {a for s in document["Statement"] for a in as_list(s["Action"])}
    called = called_by_operators()
    assert len(called) > 20
    assert sorted(name for name, meant in called.items() if not meant & rights) == []
    typed = typed_by_operators()
    assert "sqs:SendMessage" in typed
    assert sorted(typed - rights) == []
    assert sorted(rights - BESIDE_CALLS - typed - set().union(*called.values())) == []
