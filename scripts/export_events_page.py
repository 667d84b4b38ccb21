"""Write docs/events.md: every event on the bus, who sends it, who takes it, its fields, a sample.

    python -m scripts.export_events_page

Made from the contracts, the golden samples and the services' rules; a test compares the committed
page with what this makes.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from cwp_shared.events import EVENTS, Event

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "events.md"
SAMPLES = ROOT / "tests" / "contract" / "samples"

_OPENING = """\
# Events

Everything that happens is told on the bus `connectwise-<stage>`. Delivery is at least once and
unordered: a consumer has to be right when an event comes twice, late, or before one that was sent
earlier. Readers ignore fields they do not know; an event changes only by new optional fields, and
anything else is a new `version`. [examples/](../examples/) has a consumer to start from; JSON
Schemas are in [shared/schemas](../shared/schemas/).

The archive keeps every event for 30 days, and `cwpipe events replay` gives those of a span to one
rule again. What is replayed carries `replay-name` on its envelope; the pipeline's own services may
be given any event again.

This page is made from the code: `make schemas`.

| detail-type | source | taken by |
|---|---|---|
"""


class _Tolerant(yaml.SafeLoader):
    """Reads a template without resolving it: `!Ref` and its like become None."""


_Tolerant.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def consumers() -> dict[str, list[str]]:
    """detail-type -> services with a rule for it."""
    found: dict[str, list[str]] = {}
    for path in sorted(ROOT.glob("services/*/resources/rules.yml")):
        resources = yaml.load(path.read_text(), _Tolerant)["Resources"]  # noqa: S506 - a SafeLoader
        for resource in resources.values():
            for name in resource["Properties"].get("EventPattern", {}).get("detail-type", ()):
                found.setdefault(name, []).append(path.parts[-3])
    return found


def page() -> str:
    """The whole page."""
    takers = consumers()
    rows = "".join(
        f"| [{event.detail_type}](#{event.detail_type.lower()}) | `{event.source}` "
        f"| {_taken_by(event, takers)} |\n"
        for event in EVENTS
    )
    return _OPENING + rows + "".join(_section(event) for event in EVENTS)


def _taken_by(event: type[Event], takers: dict[str, list[str]]) -> str:
    return ", ".join(takers.get(event.detail_type, ())) or "operators, anyone"


def _section(event: type[Event]) -> str:
    schema = event.model_json_schema()
    fields = "\n".join(_fields(schema))
    detail = json.loads((SAMPLES / f"{event.__name__}.v1.json").read_text())
    sample = {"source": event.source, "detail-type": event.detail_type, "detail": detail}
    return (
        f"\n## {event.detail_type}\n\n{schema['description']}\n\n"
        f"| field | type | |\n|---|---|---|\n{fields}\n\n"
        f"```json\n{json.dumps(sample, indent=2)}\n```\n"
    )


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, field in schema["properties"].items():
        note = "" if name in required else f"optional, {json.dumps(field.get('default'))}"
        yield f"| `{name}` | {_type(field, schema.get('$defs', {}))} | {note} |"


def _type(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A field's type as a reader says it: `string`, `integer or null`, `list of {name, type}`."""
    if "$ref" in field:
        return _type(definitions[field["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in field:
        return " or ".join(_type(part, definitions) for part in field["anyOf"])
    if "const" in field or "enum" in field:
        values = field.get("enum", [field.get("const")])
        return ", ".join(f"`{json.dumps(value)}`" for value in values)
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}), definitions)}"
    if "properties" in field:
        return f"{{{', '.join(field['properties'])}}}"
    return "time (UTC)" if field.get("format") == "date-time" else str(field.get("type", "any"))


def main() -> None:
    TARGET.write_text(page(), encoding="utf-8")
    print(TARGET.relative_to(ROOT))


if __name__ == "__main__":
    main()
