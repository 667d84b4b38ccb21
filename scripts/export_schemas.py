"""Write the JSON Schema of every contract into shared/schemas.

    python scripts/export_schemas.py

A test compares the committed files with the models, so a change of a contract shows in review.
"""

import json
from pathlib import Path

from cwp_shared.events import EVENTS, Message, PageJob

TARGET = Path(__file__).resolve().parent.parent / "shared" / "schemas"


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


if __name__ == "__main__":
    main()
