"""Faults that only a real connection can show, and one company's weather beside another's."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from cwp_local.sandbox.control import SandboxControl, SandboxError
from cwp_local.sandbox.models import CompanyAccess, Weather
from cwp_local.sandbox.weather.model import Reset, Slow, Truncated
from tests.integration.sandbox.conftest import session_for
from tests.integration.sandbox.processes import Running, running

COUNT = "/v4_6_release/apis/3.0/service/tickets/count"
PAGE = "/v4_6_release/apis/3.0/service/tickets?pageSize=200"


@pytest.fixture(scope="module")
def stormy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("stormy"), tls=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def storm(stormy: Running) -> CompanyAccess:
    return stormy.control.make_company("Storm", seed=2, tickets=250)


@pytest.fixture(scope="module")
def calm(stormy: Running) -> CompanyAccess:
    return stormy.control.make_company("Calm", seed=3, tickets=20)


@pytest.fixture
def control(stormy: Running) -> Iterator[SandboxControl]:
    yield stormy.control
    stormy.control.set_weather("Storm")


@pytest.fixture(params=["http", "https"])
def client(
    request: pytest.FixtureRequest, stormy: Running, storm: CompanyAccess
) -> Iterator[tuple[requests.Session, str]]:
    """A client of Storm, and where it is reached."""
    with session_for(storm) as session:
        session.trust_env = False  # a REQUESTS_CA_BUNDLE would win over ours
        session.verify = stormy.certificate
        yield session, storm.site if request.param == "http" else stormy.https


def test_a_reset_connection(control: SandboxControl, client: tuple[requests.Session, str]) -> None:
    session, site = client
    control.set_weather("Storm", reset=Reset(times=1))
    # Under TLS, Python tells an end that was not announced, not how it came about.
    told = "RemoteDisconnected" if site.startswith("https") else "ConnectionResetError"
    with pytest.raises(requests.ConnectionError, match=told):
        session.get(site + COUNT, timeout=20)
    assert session.get(site + COUNT, timeout=20).json() == {"count": 250}


def test_a_truncated_body(control: SandboxControl, client: tuple[requests.Session, str]) -> None:
    session, site = client
    whole = session.get(site + PAGE, timeout=20)
    control.set_weather("Storm", truncated=Truncated(times=1))
    answer = session.get(site + PAGE, timeout=20, stream=True)
    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == str(len(whole.content))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        _ = answer.content
    assert session.get(site + PAGE, timeout=20).content == whole.content
    since = control.log().last - 2  # both pages; asking is noted too, but later
    ends = [entry.ends for entry in control.log(since - 1).entries if entry.kind == "page"]
    assert ends == ["truncated", "whole"]


def test_slow_answers_hold_up_nobody_else(
    control: SandboxControl, storm: CompanyAccess, calm: CompanyAccess
) -> None:
    """More slow requests than the server has threads leave it free for others."""
    # Long enough for a busy machine to begin all requests before the first ends.
    slow = Slow(seconds=8, probability=1)
    control.set_weather("Storm", slow=slow)
    under_way, threads, done = 60, 40, threading.Event()

    def slowly() -> int:
        with session_for(storm) as session:
            status = session.get(storm.site + COUNT, timeout=30).status_code
        done.set()
        return status

    since = control.log().last
    with ThreadPoolExecutor(under_way) as pool:
        answers = [pool.submit(slowly) for _ in range(under_way)]
        with session_for(calm) as session:
            while not done.is_set() and control.log(since).last < since + 20:
                assert session.get(calm.site + COUNT, timeout=5).json() == {"count": 20}
        assert not done.is_set()
        assert {answer.result() for answer in answers} == {200}
    summary = control.log_summary("Storm", since)
    assert summary.requests == under_way
    assert summary.most_at_once > threads
    assert control.log_summary("Calm", since).most_at_once == 1
    assert all(
        (entry.ended - entry.started).total_seconds() >= slow.seconds
        for entry in control.log(since).entries
        if entry.company == "Storm"
    )


def test_the_clock_of_one_company(
    control: SandboxControl, storm: CompanyAccess, calm: CompanyAccess
) -> None:
    control.set_weather("Storm", skew_seconds=86_400)
    ahead = {}
    for access in (storm, calm):
        with session_for(access) as session:
            date = session.get(access.site + COUNT, timeout=5).headers["Date"]
        ahead[access.company] = (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()
    assert ahead["Storm"] > 80_000
    assert ahead["Calm"] < 10
    played = control.play("Storm", update=1, tables=["service_tickets"])
    assert (played.at - datetime.now(UTC)).total_seconds() > 80_000


def test_a_new_version_shows_in_headers(control: SandboxControl, storm: CompanyAccess) -> None:
    control.change_weather("Storm", version="2025.16")
    with session_for(storm) as session:
        answer = session.get(storm.site + COUNT, timeout=5)
    assert answer.headers["api-current-version"] == "2025.16.10333"
    assert answer.headers["Content-Type"].endswith("; version=2025.16")
    info = requests.get(f"{storm.site}/login/companyinfo/storm", timeout=5).json()
    assert info["Codebase"] == "v2025_16/"
    assert control.change_weather("Storm", version=None) == Weather()


def test_politeness_can_be_asserted(control: SandboxControl, storm: CompanyAccess) -> None:
    control.set_weather("Storm", rate_limit={"requests": 3, "retry_after": 30})
    since = control.log().last
    with session_for(storm) as session:
        statuses = [session.get(storm.site + COUNT, timeout=5).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    summary = control.log_summary("storm", since)
    assert (summary.requests, summary.failed, summary.retries) == (5, 2, 1)
    assert (summary.early, summary.most_at_once, summary.pages) == (1, 1, 0)
    assert sum(summary.minutes.values()) == summary.most_in_a_minute == 5
    assert summary.tables == {"service_tickets": 5}


def test_weather_that_is_none_is_told_before_it_is_sent(control: SandboxControl) -> None:
    with pytest.raises(SandboxError, match="storm: "):
        control.set_weather("Storm", storm=1)
    with pytest.raises(SandboxError, match="skew_seconds: "):
        control.change_weather("Storm", skew_seconds="much")
