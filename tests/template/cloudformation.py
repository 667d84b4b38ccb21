"""Small readers of rendered templates."""

import re
from collections.abc import Iterator
from typing import Any

Resource = dict[str, Any]


def of_type(template: dict[str, Any], kind: str) -> dict[str, Resource]:
    """Logical id to properties of all resources of a type."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def target(reference: Any) -> str:
    """The logical id that a Ref, Fn::GetAtt or Fn::Sub names, or the export that is imported."""
    if "Ref" in reference:
        return str(reference["Ref"])
    if "Fn::GetAtt" in reference:
        return str(reference["Fn::GetAtt"][0])
    if "Fn::ImportValue" in reference:
        return str(reference["Fn::ImportValue"])
    found = re.search(r"\$\{([A-Za-z]+)", reference["Fn::Sub"])
    assert found, reference
    return found[1]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def queues(template: dict[str, Any]) -> dict[str, Resource]:
    return {
        name: queue
        for name, queue in of_type(template, "AWS::SQS::Queue").items()
        if not name.endswith("DeadLetters")
    }


def dead_letter_queues(template: dict[str, Any]) -> dict[str, Resource]:
    return {
        name: queue
        for name, queue in of_type(template, "AWS::SQS::Queue").items()
        if name.endswith("DeadLetters")
    }


def mappings_of(template: dict[str, Any]) -> dict[str, Resource]:
    """Function's logical id to its event source mapping."""
    return {
        target(mapping["FunctionName"]): mapping
        for mapping in of_type(template, "AWS::Lambda::EventSourceMapping").values()
    }


def statements(template: dict[str, Any]) -> Iterator[tuple[str, Resource]]:
    """Every statement of every role's policies, with the role's logical id."""
    for role, properties in of_type(template, "AWS::IAM::Role").items():
        for policy in properties.get("Policies", []):
            for statement in as_list(policy["PolicyDocument"]["Statement"]):
                yield role, statement


def imports(node: Any) -> Iterator[str]:
    """Every export name a template imports."""
    if isinstance(node, dict):
        if "Fn::ImportValue" in node:
            yield node["Fn::ImportValue"]
        for value in node.values():
            yield from imports(value)
    elif isinstance(node, list):
        for value in node:
            yield from imports(value)


def holds(template: dict[str, Any], name: str) -> bool:
    """Whether a condition over literals holds."""
    condition = template["Conditions"][name]
    negated = "Fn::Not" in condition
    first, second = (condition["Fn::Not"][0] if negated else condition)["Fn::Equals"]
    return bool((first == second) is not negated)
