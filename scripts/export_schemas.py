"""Write the JSON Schema of every contract into shared/schemas, and that of mappings beside them.

    python scripts/export_schemas.py

A test compares the committed files with the models, so a change of a contract shows in review.
"""

import json
from pathlib import Path

from cwp_shared.events import EVENTS, Message, PageJob
from cwp_shared.mapping import mapping_schema
from cwp_shared.mapping_files import SCHEMA_FILE

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "shared" / "schemas"


def render(model: type[Message]) -> str:
    """One model's schema as it is committed."""
    return json.dumps(model.model_json_schema(), indent=2, sort_keys=True) + "\n"


def schemas() -> dict[str, str]:
    """File name to text, for every contract."""
    contracts: list[type[Message]] = [*EVENTS, PageJob]
    return {f"{model.__name__}.v1.json": render(model) for model in contracts}


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    for stale in TARGET.glob("*.json"):
        stale.unlink()
    for name, text in schemas().items():
        (TARGET / name).write_text(text, encoding="utf-8")
        print(f"shared/schemas/{name}")
    mapping = json.dumps(mapping_schema(), indent=2) + "\n"
    (ROOT / "mappings" / SCHEMA_FILE).write_text(mapping, encoding="utf-8")
    print(f"mappings/{SCHEMA_FILE}")


if __name__ == "__main__":
    main()
