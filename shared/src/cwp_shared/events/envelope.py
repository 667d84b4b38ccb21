"""The base of all contracts, and how an EventBridge envelope becomes one of them."""

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import ClassVar, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from cwp_shared.errors import Terminal
from cwp_shared.keys import is_of_tenant
from cwp_shared.names import TenantId

_KEY_FIELD: Final = re.compile(r"(.*_)?keys?")


class Message(BaseModel):
    """Anything that travels: frozen, unknown fields ignored, `version` explicit.

    Whoever may publish may say anything. So one thing holds of every message: the S3 keys that it
    names (`key`, `..._key`, `..._keys`) lie under the tenant that it is about.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    tenant_id: TenantId

    @model_validator(mode="after")
    def _names_own_keys_only(self) -> Self:
        for name in _key_fields(type(self)):
            value = getattr(self, name)
            named = value if isinstance(value, tuple) else (value,)
            if not all(key is None or is_of_tenant(key, self.tenant_id) for key in named):
                raise ValueError(f"{name} is no key under the message's own tenant_id")
        return self


@cache
def _key_fields(model: type[Message]) -> tuple[str, ...]:
    return tuple(name for name in model.model_fields if _KEY_FIELD.fullmatch(name))


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
    except (ValueError, KeyError, TypeError, RecursionError):
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
