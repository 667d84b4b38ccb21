"""Which canonical tables a source table feeds, as mappings/*.json say."""

import json
from pathlib import Path

from cwp_ops.errors import OperatorError


def canonical_tables(root: Path) -> dict[str, tuple[str, ...]]:
    """Canonical tables by source table.

    Raises:
        OperatorError: no mapping is found, or one cannot be read.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((root / "mappings").glob("*.json")):
        try:
            mapping = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise OperatorError(f"{path} is not JSON: {error}") from None
        if "source" in mapping and "table" in mapping:
            source = mapping["source"]
            found[source] = (*found.get(source, ()), mapping["table"])
    if not found:
        raise OperatorError(f"there are no mappings in {root / 'mappings'}")
    return found


def key_columns(root: Path) -> dict[str, tuple[str, ...]]:
    """The columns that identify a record, by canonical table."""
    found = {}
    for path in sorted((root / "mappings").glob("*.json")):
        mapping = json.loads(path.read_text("utf-8"))
        if "key" in mapping and "table" in mapping:
            found[mapping["table"]] = tuple(mapping["key"])
    return found


def mapping_versions(root: Path) -> dict[str, int]:
    """The versions of the mappings, by canonical table."""
    found = {}
    for path in sorted((root / "mappings").glob("*.json")):
        mapping = json.loads(path.read_text("utf-8"))
        if "version" in mapping and "table" in mapping:
            found[mapping["table"]] = mapping["version"]
    return found
