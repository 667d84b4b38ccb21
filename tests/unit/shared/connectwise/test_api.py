import base64
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from cwp_shared.connectwise.api import ConnectWise
from cwp_shared.connectwise.failures import BadAnswer, JobFailed, Throttled
from cwp_shared.connectwise.transport import Transport
from cwp_shared.errors import PipelineError, Retriable, Terminal
from tests.unit.shared.connectwise.fakes import (
    CLIENT,
    PRIVATE,
    PUBLIC,
    SECRETS,
    FakeResponse,
    FakeSession,
    account,
    response,
)

NOW = datetime(2026, 11, 23, 7, 40, tzinfo=UTC)
PARAMS = {"conditions": "id > 5 and lastUpdated <= [2026-11-23T07:40:55Z]", "pageSize": "1000"}


def api(*answers: FakeResponse | Exception) -> tuple[ConnectWise, FakeSession]:
    session = FakeSession(list(answers))
    transport = Transport(cast("Any", session))
    return ConnectWise(transport, "2025.8", clock=lambda: NOW, chance=lambda: 0.0), session


def test_a_request_carries_keys_client_id_and_the_pinned_version() -> None:
    connectwise, session = api(response(200, b"[]"))
    assert connectwise.get(account(), "/service/tickets", PARAMS).body == b"[]"
    sent = session.sent()
    assert sent.url == (
        "https://api-na.myconnectwise.net/v2025_1/apis/3.0/service/tickets?"
        "conditions=id+%3E+5+and+lastUpdated+%3C%3D+%5B2026-11-23T07%3A40%3A55Z%5D&pageSize=1000"
    )
    token = base64.b64encode(f"ACME+{PUBLIC}:{PRIVATE}".encode()).decode()
    assert sent.headers["Authorization"] == f"Basic {token}"
    assert sent.headers["clientId"] == CLIENT
    assert sent.headers["Accept"] == "application/vnd.connectwise.com+json; version=2025.8"


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 418, 429, 500])
def test_no_error_shows_a_key_even_if_the_server_echoes_them(status: int) -> None:
    token = base64.b64encode(f"ACME+{PUBLIC}:{PRIVATE}".encode()).decode()
    echo = f'{{"message": "{token} {CLIENT} {PUBLIC} {PRIVATE}"}}'.encode()
    connectwise, _ = api(response(status, echo))
    with pytest.raises(PipelineError) as caught:
        connectwise.get(account(), "/service/tickets", PARAMS)
    assert not [secret for secret in (*SECRETS, token) if secret in str(caught.value)]
    assert "/service/tickets of tenant 'acme'" in str(caught.value)


def test_throttling_waits_as_the_date_in_the_header_says() -> None:
    connectwise, _ = api(response(429, Retry_After="Mon, 23 Nov 2026 07:42:00 GMT"))
    with pytest.raises(Throttled) as caught:
        connectwise.get(account(), "/service/tickets", PARAMS)
    assert caught.value.seconds == caught.value.retry_after == 120


def test_a_stage_may_wait_less_than_the_official_cool_down() -> None:
    _, session = api(response(429, Retry_After="0"))
    quick = ConnectWise(
        Transport(cast("Any", session)), "2025.8", timedelta(seconds=1), chance=lambda: 0.0
    )
    with pytest.raises(Throttled) as caught:
        quick.get(account(), "/service/tickets", PARAMS)
    assert caught.value.seconds == 1


def test_a_refused_condition_is_terminal_with_the_api_words() -> None:
    said = b'{"code":"ApiFindCondition","message":"lastUpdatedd is not a recognized name."}'
    connectwise, _ = api(response(400, said))
    with pytest.raises(Terminal, match="ApiFindCondition: lastUpdatedd is not a recognized name"):
        connectwise.get(account(), "/service/tickets", PARAMS)


SITE = "https://api-na.myconnectwise.net"


@pytest.mark.parametrize(
    ("body", "codebase"),
    [
        (b'{"CompanyName":"Acme","Codebase":"v2025_1/","IsCloud":"True"}', "v2025_1"),
        (b'{"Codebase":"v4_6_release/"}', "v4_6_release"),
        (b"null", None),
    ],
)
def test_the_codebase_of_a_company(body: bytes, codebase: str | None) -> None:
    connectwise, session = api(response(200, body))
    assert connectwise.codebase(SITE, "ACME") == codebase
    session.asked[0].setdefault("params", {})
    sent = session.sent()
    assert sent.url == f"{SITE}/login/companyinfo/ACME"
    assert "Authorization" not in sent.headers


def test_a_404_is_an_unknown_company() -> None:
    connectwise, _ = api(response(404, b"no"))
    assert connectwise.codebase(SITE, "ACME") is None


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"Codebase": 5}',
        b'{"Codebase": ""}',
        b'{"Codebase": "../evil"}',
        b'{"Codebase": "@evil.example.com/"}',
        b'{"Codebase": "a?b"}',
    ],
)
def test_a_codebase_that_is_no_path_piece_is_a_bad_answer(body: bytes) -> None:
    connectwise, _ = api(response(200, body))
    with pytest.raises(BadAnswer) as caught:
        connectwise.codebase(SITE, "ACME")
    assert caught.value.body == body


def test_other_answers_about_a_company_are_errors_as_usual() -> None:
    connectwise, _ = api(response(503), response(302, Location="https://elsewhere/"))
    with pytest.raises(Retriable):
        connectwise.codebase(SITE, "ACME")
    with pytest.raises(JobFailed, match="elsewhere"):
        connectwise.codebase(SITE, "ACME")
