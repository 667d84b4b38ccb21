"""The base of all contracts, and how an EventBridge envelope becomes one of them."""

import json
from collections.abc import Iterable
from typing import ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from cwp_shared.errors import Terminal
from cwp_shared.names import TenantId


class Message(BaseModel):
    """Anything that travels: frozen, unknown fields ignored, `version` explicit."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    tenant_id: TenantId


class Event(Message):
    """A message on the bus. `detail_type` and `source` are set by hand, never from a class name."""

    detail_type: ClassVar[str]
    source: ClassVar[str]


AnyEvent = TypeVar("AnyEvent", bound=Event)
AnyMessage = TypeVar("AnyMessage", bound=Message)


def describe(error: ValidationError) -> str:
    """What is wrong with a message, field by field, without echoing its values."""
    return "; ".join(
        f"{'.'.join(str(part) for part in e['loc']) or 'message'}: {e['msg']}"
        for e in error.errors(include_input=False)
    )


def parse_envelope(body: str, expected: Iterable[type[AnyEvent]]) -> AnyEvent:
    """Read an EventBridge envelope whose detail is one of the `expected` events.

    Raises:
        Terminal: not JSON, no known detail-type, or a detail that does not fit its model.
    """
    try:
        envelope = json.loads(body)
        detail_type, detail = envelope["detail-type"], envelope["detail"]
    except (ValueError, KeyError, TypeError):
        raise Terminal(
            "message is not an EventBridge envelope: it needs 'detail-type' and 'detail'"
        ) from None
    for model in expected:
        if model.detail_type == detail_type:
            return parse_message(detail, model)
    raise Terminal(f"no consumer here for detail-type {detail_type!r}; check the rule's pattern")


def parse_message(value: object, model: type[AnyMessage]) -> AnyMessage:
    """Check `value` (JSON text or decoded JSON) against a contract.

    Raises:
        Terminal: naming every field that does not fit.
    """
    try:
        if isinstance(value, str):
            return model.model_validate_json(value)
        return model.model_validate(value)
    except ValidationError as error:
        raise Terminal(f"message is not a valid {model.__name__}: {describe(error)}") from None
