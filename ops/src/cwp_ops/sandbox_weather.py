"""Weather in words: what the options of `cwpipe sandbox weather set` mean, and how it is shown."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cwp_ops.errors import OperatorError

Fields = dict[str, Any]


@dataclass(frozen=True)
class When:
    """Which requests the faults of one command meet; see `weather.model.Fault`."""

    table: str | None = None
    times: int | None = None
    chance: float | None = None
    seed: int | None = None

    def fault(self, **own: Any) -> Fields:
        """A fault of these requests."""
        said = {
            "table": self.table,
            "times": self.times,
            "probability": self.chance,
            "seed": self.seed,
            **own,
        }
        return {name: value for name, value in said.items() if value is not None}


def rows_of(texts: Sequence[str]) -> list[Fields]:
    """`service_tickets:20005,20010` as rows of a table.

    Raises:
        OperatorError: it is not written so.
    """
    return [_rows(text) for text in texts]


def drift_of(extra: Sequence[str], retyped: Sequence[str]) -> list[Fields]:
    """`service_tickets:newField=5` and `service_tickets:summary=list` as fields that differ.

    Raises:
        OperatorError: one is not written so.
    """
    added = [_drift(text, "value") for text in extra]
    return [
        *({**drift, "value": _json_or_text(drift["value"])} for drift in added),
        *(_drift(text, "retyped") for text in retyped),
    ]


def fields_of(text: str) -> Fields:
    """A JSON object of weather fields.

    Raises:
        OperatorError: it is none.
    """
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise OperatorError(f"--fields is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise OperatorError('--fields takes a JSON object, such as {"skew_seconds": 60}')
    return fields


def given(fields: Mapping[str, Any]) -> Fields:
    """Only what was said: neither None nor empty."""
    return {name: value for name, value in fields.items() if value not in (None, [], ())}


def in_words(weather: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each field and its value as short text; of several faults one line each."""
    return [
        (name.replace("_", " "), _words(each))
        for name, value in weather.items()
        for each in _each(value)
    ]


def _each(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(inner)}" for name, inner in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def _rows(text: str) -> Fields:
    table, colon, ids = text.partition(":")
    if not colon or not all(one.strip().isdecimal() for one in ids.split(",")):
        raise OperatorError(f"{text!r} is not TABLE:ID,ID..., such as service_tickets:20005,20010")
    return {"table": table, "ids": [int(one) for one in ids.split(",")]}


def _drift(text: str, key: str) -> Fields:
    table, colon, rest = text.partition(":")
    field, equals, value = rest.partition("=")
    if not colon or not equals or not field:
        raise OperatorError(
            f"{text!r} is not TABLE:FIELD=..., such as service_tickets:summary=list"
        )
    return {"table": table, "field": field, key: value}


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
