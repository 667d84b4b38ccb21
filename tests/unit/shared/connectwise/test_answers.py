import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from cwp_shared.connectwise.answers import Answer, failure_of
from cwp_shared.connectwise.failures import (
    BadAnswer,
    JobFailed,
    NotFound,
    ServerFault,
    Throttled,
)
from cwp_shared.errors import PipelineError, Retriable, Terminal


def failure(
    status: int, body: bytes | str | Mapping[str, object] = b"", **headers: str
) -> PipelineError:
    if isinstance(body, Mapping):
        body = json.dumps(body)
    raw = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return failure_of(Answer(status, named, raw), "GET /x", lambda text: int(text or 0) + 1000)


@pytest.mark.parametrize(
    ("status", "body", "reason_class"),
    [
        (401, {"code": "Unauthorized", "message": "no"}, "credentials"),
        (404, {"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, "credentials"),
        (400, "Cannot route. Codebase/company is invalid", "credentials"),
        (400, {"code": "InvalidObject", "message": "Missing clientId header"}, "credentials"),
        (403, {"code": "Security", "message": "no permission"}, "permission"),
        (403, "<html>blocked</html>", "permission"),
        (302, "", "configuration"),
        (308, "", "configuration"),
    ],
)
def test_what_nobody_but_a_person_can_mend_fails_the_job(
    status: int, body: str | Mapping[str, object], reason_class: str
) -> None:
    error = failure(status, body)
    assert isinstance(error, JobFailed)
    assert error.reason_class == reason_class
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 520, 524])
def test_what_passes_comes_back_after_the_inbox_delay(status: int) -> None:
    error = failure(status, b"<html>busy</html>")
    assert isinstance(error, Retriable)
    assert not isinstance(error, BadAnswer)
    assert error.retry_after is None


def test_throttling_comes_back_when_the_api_says() -> None:
    said = {"error": "ConnectWiseAPI", "message": "Too many requests."}
    error = failure(429, said, Retry_After="7")
    assert isinstance(error, Throttled)
    assert error.seconds == error.retry_after == 1007
    assert "ConnectWiseAPI: Too many requests." in str(error)
    bare = failure(429)
    assert isinstance(bare, Throttled)
    assert bare.seconds == 1000


@pytest.mark.parametrize(
    ("body", "timed_out"),
    [
        ({"code": "ConnectWiseApi", "message": "Query read timeout"}, True),
        ("Timeout expired.", True),
        ({"message": "String was not recognized as a valid Boolean."}, False),
    ],
)
def test_a_500_says_whether_it_was_the_querys_time(
    body: str | Mapping[str, object], timed_out: bool
) -> None:
    error = failure(500, body)
    assert isinstance(error, ServerFault)
    assert error.timed_out == timed_out


def test_only_a_500_is_a_fault_of_this_answer_and_not_of_the_service() -> None:
    assert not isinstance(failure(503, "timeout"), ServerFault)


def test_a_404_can_be_told_from_refused_keys() -> None:
    assert isinstance(failure(404), NotFound)
    assert not isinstance(failure(401), NotFound)


@pytest.mark.parametrize(
    ("header", "moment"),
    [
        ("Mon, 23 Nov 2026 07:42:00 GMT", datetime(2026, 11, 23, 7, 42, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 09:42:00 +0200", datetime(2026, 11, 23, 7, 42, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 07:42:00", None),
        ("yesterday", None),
    ],
)
def test_the_servers_clock_is_its_date_header(header: str, moment: datetime | None) -> None:
    assert Answer(200, {"Date": header}).server_time == moment


def test_a_server_need_not_tell_the_time() -> None:
    assert Answer(200).server_time is None


@pytest.mark.parametrize("status", [400, 405, 409, 415, 422, 204, 206])
def test_anything_else_is_for_the_dead_letter_queue(status: int) -> None:
    assert isinstance(failure(status, b"{}"), Terminal)


def test_the_api_code_message_and_details_are_told() -> None:
    said = {
        "code": "InvalidObject",
        "message": "contact object is invalid",
        "errors": [{"code": "OutOfRange", "message": "pageSize must be\n between"}, "odd"],
    }
    words = "InvalidObject: contact object is invalid: pageSize must be between"
    assert words in str(failure(400, said))


def test_a_body_of_any_kind_is_told_bounded_and_on_one_line() -> None:
    assert "HTTP 500: [1,2]" in str(failure(500, b"[1,2]"))
    assert "HTTP 500: (empty body)" in str(failure(500))
    long = str(failure(500, b"\xff\n\n" + b"x" * 5000))
    assert len(long) < 400
    assert "\n" not in long


def test_the_request_id_is_told_for_support() -> None:
    assert "x-cw-request-id 42-abc" in str(failure(500, x_cw_request_id="42-abc"))


def test_a_redirect_names_the_host_only() -> None:
    error = failure(301, Location="https://na.myconnectwise.net/login?token=secret")
    assert "na.myconnectwise.net" in str(error)
    assert "secret" not in str(error)
