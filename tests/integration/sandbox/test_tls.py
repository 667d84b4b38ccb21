"""https beside http, with the certificate that the sandbox writes."""

import signal
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.integration.sandbox.conftest import session_for
from tests.integration.sandbox.processes import Running, running


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("tls"), tls=True) as sandbox:
        yield sandbox


def test_a_client_that_trusts_the_certificate(both: Running) -> None:
    access = both.control.make_company("Acme", seed=1, tickets=30)
    with session_for(access) as session:
        session.trust_env = False  # a REQUESTS_CA_BUNDLE would win over ours
        session.verify = both.certificate
        path = "/v4_6_release/apis/3.0/service/tickets?pageSize=20"
        answer = session.get(both.https + path)
        assert len(answer.json()) == 20
        assert answer.links["next"]["url"].startswith(both.https)
        assert session.get(access.site + path).json() == answer.json()


def test_a_client_that_does_not_trust_it(both: Running) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{both.https}/system/info", timeout=5)


def test_strict_clients_trust_it_under_both_names(both: Running) -> None:
    context = ssl.create_default_context(cafile=both.certificate)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    for host in ("127.0.0.1", "localhost"):
        url = both.https.replace("127.0.0.1", host) + "/system/info"
        with urllib.request.urlopen(url, context=context) as answer:  # noqa: S310 - our own
            assert answer.status == 200


def test_it_too_listens_on_this_machine_only(both: Running) -> None:
    connections = psutil.Process(both.process.pid).net_connections()
    listening = [one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1", "127.0.0.1"]


def test_both_end_together_and_start_again_with_the_same_certificate(tmp_path: Path) -> None:
    with running(tmp_path, tls=True) as first:
        first.control.make_company("Acme", seed=1, tickets=5)
        certificate = Path(first.certificate).read_bytes()
        first.stop()
    with running(tmp_path, tls=True) as second:
        assert Path(second.certificate).read_bytes() == certificate
        assert [one.company for one in second.control.companies()] == ["Acme"]


def test_ctrl_c_ends_both_quietly(tmp_path: Path) -> None:
    with running(tmp_path, tls=True) as sandbox:
        sandbox.process.send_signal(signal.SIGINT)
        assert sandbox.process.wait(timeout=20) == 0
