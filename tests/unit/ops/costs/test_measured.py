from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cwp_ops.costs.measured import OLD_VERSIONS, Lake, kind_of, lake, usage_of
from cwp_ops.costs.rates import Rates
from cwp_ops.costs.span import BUCKET_BYTES, RPU_SECONDS, Function, Span, functions

RATES = Rates.read(Path(__file__).resolve().parents[4])
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
#: A tenth of a month.
SPAN = Span.of(NOW - timedelta(days=365 / 120), NOW)
FETCH = Function("connectwise-fetcher-dev-fetch", "fetcher fetch", 512)

METERED = {
    "calls fetcher fetch": 100.0,
    "milliseconds fetcher fetch": 50_000.0,
    "sent fetcher-jobs": 100.0,
    "sent writer-pages": 90.0,
    "sent fetcher-jobs-dlq": 1.0,
    "empty writer-pages": 7.0,
    "writes SyncRuns": 5.0,
    "writes LoadState": 6.0,
    "reads SyncRuns": 4.0,
    "log-bytes fetcher fetch": 1000.0,
    RPU_SECONDS: 7200.0,
    BUCKET_BYTES: 100.0,
}


def test_flows_are_multiplied_to_a_month_and_what_is_held_is_not() -> None:
    held = Lake(stored_bytes={"raw": 10, "canonical": 20}, objects={"raw": 3})
    used = usage_of([FETCH], METERED, held, RATES, SPAN)
    (fetch,) = used.functions
    assert (fetch.invocations, fetch.seconds) == pytest.approx((1000, 500))
    assert used.messages["writer-pages"] == pytest.approx(900)
    assert used.empty_receives == pytest.approx(70)
    assert (used.dynamodb_writes, used.dynamodb_reads) == pytest.approx((110, 40))
    assert used.log_bytes == pytest.approx(10_000)
    assert used.rpu_hours == pytest.approx(20)
    assert used.stored_bytes == {"raw": 10, "canonical": 20, OLD_VERSIONS: 70}
    assert used.objects == {"raw": pytest.approx(30)}
    assert used.warehouse_bytes == 20


def test_page_jobs_are_no_events_and_files_are() -> None:
    used = usage_of([FETCH], METERED, Lake(objects={"raw": 3}), RATES, SPAN)
    assert used.events == pytest.approx(900 + 10 + 30)


def test_what_nobody_counted_is_estimated_and_said() -> None:
    counted = {"calls fetcher fetch": 10.0, "calls scheduler plan": 0.0}
    used = usage_of([FETCH], counted, Lake(), RATES, SPAN)
    assert used.messages == {"fetcher-jobs": pytest.approx(100)}
    assert used.dynamodb_writes == pytest.approx(100 * RATES.dynamodb_writes_a_message)
    assert used.log_bytes == pytest.approx(100 * RATES.log_bytes_a_call)
    said = "; ".join(used.assumptions)
    for what in ("messages are not metered", "DynamoDB is not metered", "logs are not metered"):
        assert what in said


def test_nothing_is_called_estimated_that_was_metered() -> None:
    used = usage_of([FETCH], METERED, Lake(), RATES, SPAN)
    assert not [text for text in used.assumptions if "not metered" in text]


class FakePages:
    def __init__(self, *pages: Any) -> None:
        self._pages = pages

    def get_paginator(self, _: str) -> "FakePages":
        return self

    def paginate(self, **_: Any) -> Any:
        yield from self._pages


def test_the_bucket_is_summed_by_kind_and_only_new_objects_were_made() -> None:
    def listed(key: str, days_ago: int) -> dict[str, Any]:
        return {"Key": key, "Size": 5, "LastModified": NOW - timedelta(days=days_ago)}

    old, new = listed("acme/raw/x/1.parquet", 9), listed("beta/raw/x/2.parquet", 1)
    s3 = FakePages({"Contents": [old, new]}, {"Contents": [listed("acme/state/t/1", 2)]}, {})
    found = lake(s3, "bucket", SPAN)
    assert found == Lake({"raw": 10, "state": 5}, {"raw": 1, "state": 1})
    assert kind_of("acme/tenant.json") == "other"


def test_functions_are_those_of_the_stage() -> None:
    names = ("connectwise-fetcher-dev-fetch", "connectwise-fetcher-prod-fetch", "else-dev-fetch")
    s3 = FakePages({"Functions": [{"FunctionName": n, "MemorySize": 512} for n in names]})
    assert functions(s3, "dev") == [FETCH]
