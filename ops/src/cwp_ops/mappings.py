"""What mappings/*.json say of canonical tables, as far as most commands need to know."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cwp_ops.errors import OperatorError


def canonical_tables(root: Path) -> dict[str, tuple[str, ...]]:
    """Canonical tables by source table.

    Raises:
        OperatorError: no mapping is found, or one cannot be read.
    """
    found: dict[str, tuple[str, ...]] = {}
    for mapping in _read(root):
        if isinstance(source := mapping.get("source"), str):
            found[source] = (*found.get(source, ()), mapping["table"])
    if not found:
        raise OperatorError(f"there are no mappings in {root / 'mappings'}")
    return found


def key_columns(root: Path) -> dict[str, tuple[str, ...]]:
    """The columns that identify a record, by canonical table.

    Raises:
        OperatorError: a mapping cannot be read.
    """
    return {m["table"]: tuple(m["key"]) for m in _read(root) if "key" in m}


def mapping_versions(root: Path) -> dict[str, int]:
    """The versions of the mappings, by canonical table.

    Raises:
        OperatorError: a mapping cannot be read.
    """
    return {m["table"]: m["version"] for m in _read(root) if "version" in m}


def _read(root: Path) -> Iterator[dict[str, Any]]:
    """Every mapping that names its table; `cwpipe mappings check` tells what is wrong with it."""
    for path in sorted((root / "mappings").glob("*.json")):
        try:
            content = json.loads(path.read_bytes())
        except ValueError as error:
            raise OperatorError(f"{path} is not JSON: {error}") from None
        if isinstance(content, dict) and isinstance(content.get("table"), str):
            yield content
