import socket

import pytest
import requests
from urllib3.connection import HTTPConnection, HTTPSConnection

from cwp_shared.connectwise.addresses import check_address
from cwp_shared.connectwise.failures import JobFailed
from cwp_shared.connectwise.transport import new_session

HOST = "psa.example.com"


@pytest.mark.parametrize(
    "address",
    ["203.0.113.7", "10.1.2.3", "192.168.0.9", "2001:db8::7", "fd00::9", "::ffff:203.0.113.7"],
)
def test_an_address_of_a_site(address: str) -> None:
    check_address(HOST, address)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "fe80::1%eth0",
        "127.0.0.1",
        "127.8.9.1",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",  # noqa: S104 - nothing binds it
        "224.0.0.1",
    ],
)
def test_an_address_where_no_site_can_be(address: str) -> None:
    with pytest.raises(JobFailed, match=f"{HOST} leads to ") as caught:
        check_address(HOST, address)
    assert caught.value.reason_class == "configuration"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_who_names_this_machine_may_have_it_and_no_metadata(host: str) -> None:
    check_address(host, "127.0.0.1")
    with pytest.raises(JobFailed):
        check_address(host, "169.254.169.254")


class Wire:
    """A connected socket that must not be written to."""

    closed = False

    def getpeername(self) -> tuple[str, int]:
        return "169.254.169.254", 443

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nothing_is_said_to_an_address_that_may_not_be_asked(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire()
    for kind in (HTTPConnection, HTTPSConnection):
        monkeypatch.setattr(kind, "_new_conn", lambda _: wire)
    with pytest.raises(JobFailed, match="nothing was sent"):
        new_session().get(f"{scheme}://{HOST}/login", auth=("user", "s3cret"), timeout=1)
    assert wire.closed


def test_other_faults_of_connecting_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> socket.socket:
        raise OSError("no route")

    monkeypatch.setattr(HTTPConnection, "_new_conn", fail)
    with pytest.raises((requests.ConnectionError, OSError), match="no route"):
        new_session().get(f"http://{HOST}/", timeout=1)
