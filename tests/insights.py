"""As much of CloudWatch Logs Insights as the documented query uses, so that tests can run it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

PAGE = Path(__file__).resolve().parents[1] / "docs" / "operating.md"

_BLOCK = re.compile(r"^```\n(fields .*?)^```", re.MULTILINE | re.DOTALL)
_CONDITION = re.compile(r'(@?\w+) (=|like) "([^"]*)"')


@dataclass(frozen=True)
class Query:
    """`fields a, b | filter x = "1" or y like "2" | sort a`: every filter has to hold."""

    fields: tuple[str, ...]
    filters: tuple[tuple[tuple[str, str, str], ...], ...]

    @classmethod
    def documented(cls, **values: str) -> Self:
        """The query of docs/operating.md, with its placeholders filled in."""
        (text,) = _BLOCK.findall(PAGE.read_text())
        for placeholder, value in values.items():
            assert f'"{placeholder}"' in text, placeholder
            text = text.replace(f'"{placeholder}"', f'"{value}"')
        return cls.parse(text)

    @classmethod
    def parse(cls, text: str) -> Self:
        first, *others = (part.strip() for part in text.split("\n| "))
        filters = []
        for part in others:
            command, _, rest = part.partition(" ")
            if command == "filter":
                parts = [_CONDITION.fullmatch(one.strip()) for one in rest.split(" or ")]
                assert all(parts), part
                filters.append(tuple(one.groups() for one in parts if one))
            else:
                assert command == "sort", part
        names = first.removeprefix("fields ").split(", ")
        return cls(tuple(names), tuple(filters))  # type: ignore[arg-type] # three groups each

    @property
    def names(self) -> set[str]:
        """All fields that it speaks of."""
        return {*self.fields, *(name for group in self.filters for name, _, _ in group)}

    def run(self, lines: Iterable[str]) -> list[dict[str, Any]]:
        """The JSON lines that pass every filter."""
        found = []
        for line in lines:
            try:
                told = json.loads(line)
            except ValueError:
                continue
            seen = {**told, "@message": line}
            if all(any(_holds(seen, one) for one in group) for group in self.filters):
                found.append(told)
        return found


def _holds(line: Mapping[str, Any], condition: tuple[str, str, str]) -> bool:
    name, operator, wanted = condition
    # Insights takes an array apart: it has no value of its own.
    value = line.get(name)
    if value is None or isinstance(value, list):
        return False
    return wanted in str(value) if operator == "like" else str(value) == wanted
