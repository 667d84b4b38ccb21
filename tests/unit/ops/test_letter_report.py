import json
from datetime import UTC, datetime

from cwp_ops.dead_letters import letter_of
from cwp_ops.letter_report import letter_parts, queue_letters
from cwp_ops.names import Queue
from cwp_ops.queue_depths import Depth

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
JOBS = Queue("fetcher", "jobs", "local")


def message(body: object, **said: str) -> dict[str, object]:
    return {
        "MessageId": "m1",
        "Body": body if isinstance(body, str) else json.dumps(body),
        "MessageAttributes": {n: {"StringValue": v} for n, v in said.items()},
    }


def test_an_envelope_and_its_detail_are_told_apart() -> None:
    event = {"detail-type": "PageFetched", "detail": {"tenant_id": "acme", "table": "t"}}
    parts = letter_parts(letter_of("q", message(event, Reason="why", ErrorType="Terminal")))
    assert parts["envelope"] == {"detail-type": "PageFetched"}
    assert parts["detail"] == {"tenant_id": "acme", "table": "t"}
    assert parts["history"][0]["reason"] == "why"


def test_what_sounds_like_a_secret_is_not_shown() -> None:
    body = {"keys": [{"private_key": "s3cr3t", "Password": "s3cr3t"}], "landing_key": "acme/x"}
    told = json.dumps(letter_parts(letter_of("q", message(body, Reason="r"))))
    assert "s3cr3t" not in told
    assert "acme/x" in told


def test_a_body_that_is_not_json_is_shown_as_text_and_not_without_end() -> None:
    assert letter_parts(letter_of("q", message("x" * 5_000)))["detail"] == "x" * 2_000
    assert letter_parts(letter_of("q", message("[" * 5_000)))["detail"] == "[" * 2_000


def test_a_queue_at_a_glance_tells_age_and_reasons() -> None:
    letters = [
        letter_of("q", message({}, Reason="a", FailedAt="2026-11-26T06:00:00+00:00")),
        letter_of("q", message({}, Reason="a", FailedAt="2026-11-26T07:00:00+00:00")),
    ]
    found = queue_letters(Depth(JOBS, 0, 0, 5), letters, NOW)
    assert (found.depth, found.looked_at, found.oldest_age_s) == (5, 2, 7_200)
    assert [(r.reason, r.count) for r in found.reasons] == [("a", 2)]
    assert queue_letters(Depth(JOBS, 0, 0, 0), [], NOW).oldest_age_s is None
