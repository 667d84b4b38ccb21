"""Requests checked against the API's own model, which botocore brings along.

boto3 checks types and minimum lengths before it sends; the service checks everything again, and
this does too, in the service's words.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from cwp_local.redshift.errors import validation

_PYTHON: dict[str, type] = {
    "boolean": bool,
    "integer": int,
    "list": list,
    "long": int,
    "string": str,
    "structure": dict,
}


@cache
def model() -> ServiceModel:
    """The Data API as botocore knows it."""
    return botocore.session.get_session().get_service_model("redshift-data")


def check_request(operation: str, body: Any) -> dict[str, Any]:
    """`body`, if it is a request of `operation`; members that the model lacks are ignored.

    Raises:
        ApiError: `ValidationException` with all that is wrong, or `SerializationException`.
    """
    shape = model().operation_model(operation).input_shape
    if not isinstance(body, dict) or shape is None:
        raise validation("the body of the request is not a JSON object")
    if wrong := list(_wrong(shape, body, "")):
        errors = "errors" if len(wrong) > 1 else "error"
        raise validation(f"{len(wrong)} validation {errors} detected: {'; '.join(wrong)}")
    return {name: value for name, value in body.items() if value is not None}


def _wrong(shape: Shape, value: Any, path: str) -> Iterator[str]:
    wanted: Any = _PYTHON[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        yield f"Value at '{path}' must be of type {shape.type_name}"
        return
    yield from _out_of_bounds(shape, value, path)
    if isinstance(shape, ListShape):
        for place, member in enumerate(value, 1):
            yield from _wrong(shape.member, member, f"{path}.{place}.member")
    elif isinstance(shape, StructureShape):
        yield from _wrong_members(shape, value, path)


def _wrong_members(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            where = _below(path, name)
            yield f"Value at '{where}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _wrong(member, value[name], _below(path, name))


def _below(path: str, name: str) -> str:
    name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _out_of_bounds(shape: Shape, value: Any, path: str) -> Iterator[str]:
    rules = shape.metadata
    number = isinstance(value, int)
    size = value if number else len(value)
    what = "value" if number else "length"
    failed = f"Value at '{path}' failed to satisfy constraint: Member must"
    if not isinstance(value, bool) and "min" in rules and size < rules["min"]:
        yield f"{failed} have {what} greater than or equal to {rules['min']}"
    if not isinstance(value, bool) and "max" in rules and size > rules["max"]:
        yield f"{failed} have {what} less than or equal to {rules['max']}"
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        yield f"{failed} satisfy regular expression pattern: {rules['pattern']}"
    if "enum" in rules and value not in rules["enum"]:
        yield f"{failed} satisfy enum value set: [{', '.join(rules['enum'])}]"
