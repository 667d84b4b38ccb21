"""Facts for the index: only keys and what tells them apart matter."""

from collections.abc import Iterable
from datetime import timedelta

import pyarrow as pa

from cwp_shared.mapping import Mapping
from cwp_transformer.facts import fact_schema
from tests.unit.transformer.fakes import TICKETS, moment

#: The tests' mapping with a text for a key: places are hashes.
BY_NAME = TICKETS.model_copy(
    update={
        "key": ("summary",),
        "columns": tuple(c for c in TICKETS.columns if c.name in {"ticket_id", "summary"}),
    }
)
#: The same with a number and a text: several keys are at one place.
BY_TWO = TICKETS.model_copy(update={"key": ("ticket_id", "summary")})


def key_hash(key: int) -> bytes:
    return (key * 0x9E3779B97F4A7C15 % 2**64).to_bytes(16, "little")


def facts(said: Iterable[tuple[int, int]], mapping: Mapping = TICKETS) -> pa.Table:
    """One fact for each (key, second); other columns follow from these two."""
    schema = fact_schema(mapping)
    rows = [
        {
            "key_hash": key_hash(key),
            **dict(zip(["k0", "k1"], _key_parts(key, mapping), strict=False)),
            "kind": "record" if second % 3 else "tombstone",
            "start": moment(second),
            "upper": moment(second) + timedelta(days=1),
            "run_id": f"run-{second}",
            "id_window": 0,
            "page": key,
            "page_row": second,
            "attr_hash": second.to_bytes(16, "big") if second % 3 else b"",
            "rest_hash": bytes(16) if second % 3 else b"",
            "over_hash": bytes(16) if second % 3 else b"",
            "created": moment(0) if second % 2 else None,
            "raw_key": f"file-{second}-{key}",
            "raw_row": key,
            "mapping_version": 1,
        }
        for key, second in said
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def _key_parts(key: int, mapping: Mapping) -> tuple[int | str, ...]:
    if mapping is BY_TWO:
        return key // 3, f"k{key}"
    return (key if mapping is TICKETS else f"k{key}",)


def said(table: pa.Table) -> list[tuple[int, int]]:
    """The (key, second) of facts, sorted; each fact is checked to be whole."""
    rows = table.to_pylist()
    found = [(row["page"], row["page_row"]) for row in rows]
    mapping = next(m for m in (TICKETS, BY_NAME, BY_TWO) if fact_schema(m) == table.schema)
    assert rows == facts(found, mapping).to_pylist()
    return sorted(found)
