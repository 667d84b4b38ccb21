"""The process: starting, stopping, crashing, and what HTTP itself needs."""

import subprocess
from pathlib import Path

import psutil
import requests

from cwp_local.sandbox.models import CompanyAccess, Weather
from tests.integration.sandbox.processes import Running, command, running


def test_everything_is_there_after_a_restart_and_after_a_crash(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        access = first.control.make_company("Acme", seed=1, tickets=50)
        changes = first.control.play("Acme", update=5, add=5, delete=5)
        state = first.control.company("Acme")
        first.control.set_weather("Acme", forbidden="time_entries")
        first.stop()
    with running(tmp_path) as second:
        again = second.control.make_company("Acme", seed=1, tickets=50)
        assert again.private_key == access.private_key
        assert second.control.company("Acme") == state
        assert second.control.weather("Acme") == Weather()  # does not outlive the process
        later = second.control.play("Acme", update=5)
        second.process.kill()
    with running(tmp_path) as third:
        assert third.control.company("Acme").changes_played == 2
        row_id = later.tables["time_entries"].updated[0]
        stamp = third.control.row("Acme", "time_entries", row_id)["_info"]["lastUpdated"]
        assert stamp >= changes.at.isoformat()[:19]


def ended(arguments: list[str]) -> tuple[int, str]:
    process = subprocess.run(arguments, capture_output=True, text=True, timeout=30, check=False)
    return process.returncode, process.stdout + process.stderr


def test_a_port_in_use_is_one_sentence(server: Running, tmp_path: Path) -> None:
    code, text = ended(command(tmp_path, server.port))
    assert code == 1
    assert text.startswith(f"sandbox: cannot listen on 127.0.0.1:{server.port}: ")
    assert "Traceback" not in text


def test_a_strange_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "acme.sqlite3").write_text("nonsense")
    code, text = ended(command(tmp_path))
    assert code == 1
    assert "acme.sqlite3 is not a company file of this sandbox" in text
    assert "Traceback" not in text


def test_help_teaches(tmp_path: Path) -> None:
    code, text = ended([*command(tmp_path), "--help"])
    assert code == 0
    assert "/_sandbox/companies" in text
    assert "clientId" in text


def test_it_listens_on_this_machine_only(server: Running) -> None:
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(server.process.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


def test_control_refuses_foreign_names(server: Running) -> None:
    answer = requests.get(
        f"{server.control.base_url}/_sandbox/companies",
        headers={"Host": "rebound.example"},
        timeout=5,
    )
    assert answer.status_code == 403


def test_small_answers_come_at_once(session: requests.Session, access: CompanyAccess) -> None:
    """Nagle's algorithm would add 40 ms to each."""
    path = f"{access.site}/v4_6_release/apis/3.0/time/entries/count"
    # A busy machine makes any of them slow, but not all of so many.
    assert any(session.get(path).elapsed.total_seconds() < 0.035 for _ in range(500))


def test_long_conditions_fit_into_a_url(session: requests.Session, access: CompanyAccess) -> None:
    ids = ",".join(str(number) for number in range(10_000))
    path = f"{access.site}/v4_6_release/apis/3.0/service/tickets/count"
    answer = session.get(path, params={"conditions": f"id in ({ids})"})
    assert answer.json() == {"count": 0}


def test_headers_of_live_answers(session: requests.Session, access: CompanyAccess) -> None:
    answer = session.get(f"{access.site}/v4_6_release/apis/3.0/service/tickets?pageSize=1")
    assert answer.headers["Content-Type"].startswith("application/vnd.connectwise.com+json")
    assert answer.headers["api-current-version"] == "2025.1.10333"
    assert answer.headers["x-cw-request-id"]
    assert len(answer.raw.headers.getlist("Date")) == 1
