"""The query that docs/operating.md gives finds what the services log, by the names they log."""

import json

from cwp_shared.about import FIELDS, about
from tests.insights import Query

#: What powertools and the inbox add to every line, and CloudWatch to every event.
OTHERS = {"@timestamp", "@message", "service", "message", "error"}


def test_the_query_names_only_what_is_logged() -> None:
    assert Query.documented().names <= {*FIELDS, *OTHERS}


def test_a_page_is_followed_from_its_job_to_its_load() -> None:
    run, key = "20260301T1-ab", "acme/raw/connectwise/service_tickets/1.parquet"
    page = {"tenant_id": "acme", "run_id": run, "table": "service_tickets", "job_id": "j1"}
    messages = {
        "fetcher": page,
        "writer": {"detail-type": "PageFetched", "detail": page},
        "scheduler": {"detail-type": "PagesWritten", "detail": {**page, "raw_key": key}},
        "transformer": {"detail-type": "Object Created", "detail": {"object": {"key": key}}},
        "loader": {"detail": {"tenant_id": "acme", "run_ids": [run], "sequence": 7}},
    }
    others = [{**page, "tenant_id": "beta"}, {**page, "run_id": "another"}]
    lines = [
        json.dumps({"service": service, "message": "record handled", **about(json.dumps(message))})
        for service, message in [*messages.items(), *(("fetcher", other) for other in others)]
    ]
    found = Query.documented(RUN=run, KEY=key).run(["START RequestId: 1", *lines])
    assert [line["service"] for line in found] == list(messages)


def test_an_array_has_no_value_to_compare_with() -> None:
    """As in Logs Insights, which knows `run_ids.0`: hence `@message like`."""
    query = Query.parse('fields run_ids\n| filter run_ids like "r1"')
    assert query.run([json.dumps({"run_ids": ["r1"]})]) == []
