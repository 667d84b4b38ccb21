"""A stage's use in a span of days: from a meter, the bucket's listing and what is deployed.

What nobody counted is estimated by `rates`, and said so: the embedded cloud does not count
what DynamoDB does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cwp_ops.costs.rates import Rates
from cwp_ops.costs.span import BUCKET_BYTES, RPU_SECONDS, Function, Span
from cwp_ops.costs.usage import FunctionUse, Usage
from cwp_ops.names import QUEUE_OF

#: The page jobs: the one queue that gets no events.
_JOBS: Final = "fetcher-jobs"
OLD_VERSIONS: Final = "old versions"


@dataclass(frozen=True)
class Lake:
    """What the bucket holds, and what was put there in the span, by kind."""

    stored_bytes: Mapping[str, int] = field(default_factory=dict)
    objects: Mapping[str, int] = field(default_factory=dict)


def lake(s3: Any, bucket: str, span: Span) -> Lake:
    """List the bucket: a request for each 1,000 objects. Old versions are not seen."""
    stored: dict[str, int] = {}
    made: dict[str, int] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for one in page.get("Contents", ()):
            kind = kind_of(one["Key"])
            stored[kind] = stored.get(kind, 0) + int(one["Size"])
            if span.start <= one["LastModified"] < span.end:
                made[kind] = made.get(kind, 0) + 1
    return Lake(stored, made)


def kind_of(key: str) -> str:
    """`acme/raw/connectwise/...` is `raw`."""
    parts = key.split("/")
    return parts[1] if len(parts) > 2 else "other"  # noqa: PLR2004 - tenant, kind, and the rest


def usage_of(
    deployed: Iterable[Function],
    counted: Mapping[str, float],
    found: Lake,
    rates: Rates,
    span: Span,
) -> Usage:
    """A month like the span. What was not counted is estimated from the functions' calls."""
    counts, assumed = _completed(counted, rates)
    month = {name: value * span.times_a_month for name, value in counts.items()}
    objects = {kind: count * span.times_a_month for kind, count in found.objects.items()}
    messages = _all_of(month, "sent")
    from_bus = sum(count for queue, count in messages.items() if queue != _JOBS)
    return Usage(
        functions=tuple(
            FunctionUse(
                one.name,
                one.memory_mb,
                month.get(f"calls {one.name}", 0.0),
                month.get(f"milliseconds {one.name}", 0.0) / 1000,
            )
            for one in deployed
        ),
        messages=messages,
        empty_receives=_sum(month, "empty"),
        events=from_bus + sum(objects.values()),
        stored_bytes={**found.stored_bytes, OLD_VERSIONS: _old_versions(counts, found)},
        objects=objects,
        dynamodb_writes=_sum(month, "writes"),
        dynamodb_reads=_sum(month, "reads"),
        log_bytes=_sum(month, "log-bytes"),
        rpu_hours=month.get(RPU_SECONDS, 0.0) / 3600,
        warehouse_bytes=float(found.stored_bytes.get("canonical", 0)),
        assumptions=tuple(assumed),
    )


def _old_versions(counts: Mapping[str, float], found: Lake) -> float:
    """Bytes of versions that the listing does not show; nothing where nobody says."""
    return max(0.0, counts.get(BUCKET_BYTES, 0.0) - sum(found.stored_bytes.values()))


def _completed(counted: Mapping[str, float], rates: Rates) -> tuple[dict[str, float], list[str]]:
    """The counts, with estimates for what no meter told; and the words for them."""
    counts = dict(counted)
    assumed = [
        "EventBridge: an event for every message but page jobs, and for every object made",
        "Redshift holds as much as the canonical files",
    ]
    calls = {name: count for name, count in _all_of(counts, "calls").items() if count}
    if not _all_of(counts, "sent"):
        counts |= {f"sent {QUEUE_OF[name]}": n for name, n in calls.items() if name in QUEUE_OF}
        assumed.append("messages are not metered here: one for each call of a function")
    messages = _sum(counts, "sent")
    if not _all_of(counts, "writes"):
        counts["writes all"] = messages * rates.dynamodb_writes_a_message
        counts["reads all"] = messages * rates.dynamodb_reads_a_message
        assumed.append(
            f"DynamoDB is not metered here: {rates.dynamodb_writes_a_message:g} writes and "
            f"{rates.dynamodb_reads_a_message:g} reads for each message"
        )
    if not _all_of(counts, "log-bytes"):
        counts["log-bytes all"] = sum(calls.values()) * rates.log_bytes_a_call
        assumed.append(f"logs are not metered here: {rates.log_bytes_a_call:g} bytes for each call")
    return counts, assumed


def _all_of(counts: Mapping[str, float], what: str) -> dict[str, float]:
    """Of one thing that is counted, the counts by whose they are."""
    return {
        name.removeprefix(f"{what} "): count
        for name, count in counts.items()
        if name.startswith(f"{what} ")
    }


def _sum(counts: Mapping[str, float], what: str) -> float:
    return sum(_all_of(counts, what).values())
