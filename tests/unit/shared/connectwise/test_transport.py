from typing import Any, cast

import pytest
import requests
from urllib3.exceptions import IncompleteRead, NewConnectionError

import cwp_shared.connectwise.transport as transport_module
from cwp_shared.connectwise.failures import Unreachable
from cwp_shared.connectwise.transport import Transport, new_session
from cwp_shared.errors import Retriable, Terminal
from tests.unit.shared.connectwise.fakes import FakeResponse, FakeSession, response


def transport(session: FakeSession, seconds: Any = lambda: 0.0) -> Transport:
    return Transport(cast("requests.Session", session), seconds)


def test_the_answer_has_status_headers_and_body() -> None:
    given = response(503, b"busy", x_cw_request_id="7")
    answer = transport(FakeSession([given])).get("GET /x", "https://h/x")
    assert (answer.status, answer.body, answer.request_id) == (503, b"busy", "7")
    assert given.closed


def test_redirects_are_not_followed_and_time_is_bounded() -> None:
    session = FakeSession([response(302)])
    transport(session).get("GET /x", "https://h/x")
    assert session.asked[0]["allow_redirects"] is False
    assert all(0 < seconds <= 60 for seconds in session.asked[0]["timeout"])


def test_a_login_goes_with_the_request_and_without_one_nothing_does() -> None:
    session = FakeSession([response(), response()])
    transport(session).get("GET /x", "https://h/x", {}, {}, login=(b"user", b"pass"))
    assert session.sent().headers["Authorization"] == "Basic dXNlcjpwYXNz"
    transport(session).get("GET /x", "https://h/x", {}, {})
    assert "Authorization" not in session.sent().headers
    # An auth of None would let requests look into a .netrc.
    assert session.asked[-1]["auth"] is not None


def fault(cause: Exception) -> requests.ConnectionError:
    outer = requests.ConnectionError("HTTPSConnectionPool(host='h'): clientId: s3cret")
    outer.__cause__ = cause
    return outer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (fault(ConnectionRefusedError(111, "Connection refused")), "Connection refused"),
        (fault(NewConnectionError(cast("Any", None), "no route")), "no route"),
        (requests.ReadTimeout("clientId: s3cret"), "ReadTimeout"),
        (requests.exceptions.InvalidHeader("clientId: s3cret"), "InvalidHeader"),
    ],
)
def test_a_fault_of_the_wire_is_retriable_and_names_its_cause_only(
    error: Exception, words: str
) -> None:
    with pytest.raises(Retriable, match=words) as caught:
        transport(FakeSession([error])).get("GET /x", "https://h/x")
    assert isinstance(caught.value, Unreachable) == ("Timeout" not in words)
    assert str(caught.value).startswith("GET /x: ")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_body_cut_off_is_retriable() -> None:
    cut = requests.exceptions.ChunkedEncodingError()
    cut.__cause__ = IncompleteRead(10, 90)
    broken = FakeResponse(200, b"[{", broken=cut)
    with pytest.raises(Unreachable, match="IncompleteRead"):
        transport(FakeSession([broken])).get("GET /x", "https://h/x")


def test_a_dripping_server_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "_CHUNK", 1)
    ticks = iter(range(0, 1000, 20))
    with pytest.raises(Retriable, match="longer than"):
        transport(FakeSession([response(200, b"abcdef")]), lambda: next(ticks)).get(
            "G", "https://h"
        )


def test_an_answer_larger_than_any_page_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_BODY_BYTES", 10)
    with pytest.raises(Terminal, match="page_size"):
        transport(FakeSession([response(200, b"x" * 11)])).get("GET /x", "https://h/x")
    kept = transport(FakeSession([response(200, b"x" * 10)])).get("GET /x", "https://h/x")
    assert len(kept.body) == 10


def test_an_error_body_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "_MAX_ERROR_BYTES", 10)
    monkeypatch.setattr(transport_module, "_CHUNK", 8)
    answer = transport(FakeSession([response(500, b"x" * 100)])).get("GET /x", "https://h/x")
    assert len(answer.body) == 16


def test_the_session_retries_the_wire_and_no_status() -> None:
    for prefix in ("https://h", "http://h"):
        adapter = cast("requests.adapters.HTTPAdapter", new_session().get_adapter(prefix))
        retries = adapter.max_retries
        assert (retries.status, retries.redirect, retries.connect) == (0, 0, 2)
        assert not retries.is_retry("GET", 429, has_retry_after=True)
        assert not retries.is_retry("GET", 503, has_retry_after=True)
