"""Hand-written stand-ins for the writer's collaborators, and builders of its inputs."""

import gzip
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from cwp_shared import keys
from cwp_shared.events import Event, PageFetched
from cwp_writer.lake import KeyOfMoment

UPPER = datetime(2026, 11, 23, 7, 40, 55, 123456, tzinfo=UTC)


def page(
    rows: list[dict[str, Any]], window: int = 0, number: int = 0, **changes: Any
) -> tuple[PageFetched, bytes]:
    """The event of a landed page, and its body."""
    body = json.dumps(rows).encode()
    values: dict[str, Any] = {
        "tenant_id": "acme",
        "run_id": "run-1",
        "table": "service_tickets",
        "mode": "full",
        "upper": UPPER,
        "job_id": f"w{window:03d}-p{number:05d}",
        "window": window,
        "page": number,
        "sha256": hashlib.sha256(body).hexdigest(),
        "rows": len(rows),
        "first_id": rows[0].get("id") if rows else None,
        "last_id": rows[-1].get("id") if rows else None,
        "is_last": not rows or rows[-1].get("id") is None,
    } | changes
    values.setdefault(
        "landing_key",
        keys.landing(*(values[name] for name in ("tenant_id", "table", "run_id", "job_id"))),
    )
    return PageFetched(**values), body


def envelope(event: Event) -> str:
    return json.dumps(
        {
            "source": event.source,
            "detail-type": event.detail_type,
            "detail": event.model_dump(mode="json"),
        }
    )


@dataclass
class FakeBus:
    events: list[Any] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def publish(self, events: Iterable[Event]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.events.extend(events)


@dataclass
class FakeLanded:
    """Bodies or errors by landing key."""

    bodies: dict[str, bytes | Exception] = field(default_factory=dict)
    read_keys: list[str] = field(default_factory=list)

    def read(self, page: PageFetched) -> bytes:
        self.read_keys.append(page.landing_key)
        body = self.bodies[page.landing_key]
        if isinstance(body, Exception):
            raise body
        return body


@dataclass
class FakeFiles:
    stored: dict[str, bytes] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)

    def put(self, tenant_id: str, table: str, content: bytes, name: KeyOfMoment = keys.raw) -> str:
        if self.errors:
            raise self.errors.pop(0)
        key = name(tenant_id, table, f"2026{len(self.stored):04d}T000000000000Z")
        self.stored[key] = content
        return key


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Any")


class FakeS3:
    """S3 with conditional puts."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.tags: dict[str, str | None] = {}
        self.refusals: list[ClientError] = []

    def land(self, key: str, body: bytes) -> None:
        self.objects[key] = gzip.compress(body)

    def put_object(self, **request: Any) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        assert request["IfNoneMatch"] == "*"
        if request["Key"] in self.objects:
            raise client_error("PreconditionFailed")
        self.objects[request["Key"]] = request["Body"]
        self.tags[request["Key"]] = request.get("Tagging")

    def get_object(self, **request: Any) -> dict[str, Any]:
        if self.refusals:
            raise self.refusals.pop(0)
        if request["Key"] not in self.objects:
            raise client_error("NoSuchKey")
        content = self.objects[request["Key"]]

        class Body:
            def read(self) -> bytes:
                return content

        return {"Body": Body()}
