"""What must be made anew after tables and queues were lost: pure functions over what S3 holds.

The lake and the warehouse are the truth (docs/architecture.md): settings are in
`{tenant}/tenant.json`, watermarks in the records of ended runs, histories in commit objects,
loads in the warehouse's ledger.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from cwp_shared.clock import iso_seconds
from cwp_shared.events import CommitsRequested
from cwp_shared.keys import parse_raw
from cwp_shared.run_record import RunRecord


@dataclass(frozen=True)
class CommitObject:
    """Where one commit of a history lies, by its key."""

    tenant_id: str
    canonical_table: str
    key: str


def tenant_of(key: str) -> str:
    """The tenant whose data an object is."""
    return key.split("/", 1)[0]


def commit_object(key: str) -> CommitObject | None:
    """`{tenant}/state/{table}/commits/{revision}.json`; None for any other key."""
    parts = key.split("/")
    match parts:
        case [tenant_id, "state", table, "commits", name] if name.endswith(".json"):
            return CommitObject(tenant_id, table, key)
        case _:
            return None


def is_run_record(key: str) -> bool:
    """`{tenant}/runs/connectwise/{table}/{run_id}.json`."""
    parts = key.split("/")
    return len(parts) == 5 and parts[1] == "runs" and key.endswith(".json")  # noqa: PLR2004 - its parts


def is_raw(key: str) -> bool:
    """Whether the key is a raw file's."""
    try:
        parse_raw(key)
    except ValueError:
        return False
    return True


def watermark_items(records: Iterable[str]) -> list[dict[str, Any]]:
    """The LastUpdated items that records of ended runs (JSON texts) make.

    Of each table the furthest watermark, and the upper bound of the last complete sweep. A failed
    run moved nothing. A record that cannot be read is passed over: its watermark comes out older,
    which only means that more is fetched again.
    """
    # Times of this form sort as text.
    moved: dict[tuple[str, str], tuple[str, str]] = {}
    swept: dict[tuple[str, str], str] = {}
    for record in _readable(records):
        place = (record.tenant_id, record.table)
        if record.watermark:
            brought = (iso_seconds(record.watermark), record.run_id)
            moved[place] = max(moved.get(place, brought), brought)
        if record.mode == "reconcile" and record.status == "completed":
            swept[place] = max(swept.get(place, ""), iso_seconds(record.upper))
    return [
        {"tenant_id": place[0], "table": place[1], "watermark": watermark, "run_id": run_id}
        | ({"reconciled_at": swept[place]} if place in swept else {})
        for place, (watermark, run_id) in moved.items()
    ]


def _readable(records: Iterable[str]) -> Iterator[RunRecord]:
    for text in records:
        try:
            yield RunRecord.model_validate_json(text)
        except ValidationError:
            continue


def commit_requests(
    commits: Iterable[CommitObject], loaded: Mapping[tuple[str, str], int]
) -> list[CommitsRequested]:
    """Ask for what the warehouse lacks, and have each history's pointer made anew by the asking."""
    tables = sorted({(commit.tenant_id, commit.canonical_table) for commit in commits})
    return [
        CommitsRequested(
            tenant_id=tenant_id,
            canonical_table=table,
            after_sequence=loaded.get((tenant_id, table), 0),
        )
        for tenant_id, table in tables
    ]


def committed_raw_keys(commit_texts: Iterable[str]) -> set[str]:
    """The raw files whose facts are in some commit."""
    found: set[str] = set()
    for text in commit_texts:
        found.update(json.loads(text).get("raw_keys", ()))
    return found


def uncommitted(raw_keys: Iterable[str], committed: set[str]) -> list[str]:
    """Raw files that are in no history yet, oldest first."""
    return sorted(set(raw_keys) - committed, key=lambda key: parse_raw(key).timestamp)


def object_created(bucket: str, key: str, size: int, now: datetime) -> str:
    """The envelope that S3 sends through EventBridge when an object is made."""
    envelope = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": iso_seconds(now.astimezone(UTC)),
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": size},
            "reason": "PutObject",
        },
    }
    return json.dumps(envelope)
