import json
from typing import Any

import pytest

from cwp_shared.errors import Terminal
from cwp_shared.events import CommitsRequested, RebuildRequested
from cwp_transformer.messages import RawCreated, parse
from tests.unit.transformer import fakes
from tests.unit.transformer.fakes import BUCKET, object_created

KEY = "acme/raw/connectwise/service_tickets/20260101T000000000000Z.parquet"


def test_a_created_raw_file() -> None:
    expected = RawCreated(KEY, "acme", "service_tickets", size=1000)
    assert parse(object_created(KEY), BUCKET) == expected


def test_a_request_for_commits() -> None:
    detail = {"version": 1, "tenant_id": "acme", "canonical_table": "tickets", "after_sequence": 3}
    body = {"source": "anyone", "detail-type": "CommitsRequested", "detail": detail}
    assert parse(json.dumps(body), BUCKET) == CommitsRequested(
        tenant_id="acme", canonical_table="tickets", after_sequence=3
    )


def test_a_request_for_a_rebuild() -> None:
    request = RebuildRequested(tenant_id="acme", canonical_table="tickets", rebuild_id="r-1")
    assert parse(fakes.envelope(request), BUCKET) == request


def envelope(**changes: Any) -> str:
    return json.dumps(json.loads(object_created(KEY)) | changes)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "is no EventBridge event"),
        ("[]", "is no EventBridge event"),
        ('{"Records": []}', "is no EventBridge event"),
        (envelope(**{"detail-type": "Object Deleted"}), "'Object Deleted'"),
        (envelope(source="somebody.else"), "'Object Created'"),
        (envelope(detail={"object": {"key": KEY}}), "names no bucket and object key"),
        (envelope(detail=None), "names no bucket and object key"),
        (object_created(KEY, bucket="other"), "lies in bucket other"),
        (object_created("acme/landing/x.json.gz"), "is not a raw file"),
        (object_created("../raw/connectwise/t/2026.parquet"), "is not a tenant id"),
        (envelope(**{"detail-type": "CommitsRequested", "source": "x", "detail": {}}), "tenant_id"),
    ],
)
def test_anything_else_is_refused_with_its_reason(body: str, reason: str) -> None:
    with pytest.raises(Terminal) as caught:
        parse(body, BUCKET)
    assert reason in str(caught.value)
