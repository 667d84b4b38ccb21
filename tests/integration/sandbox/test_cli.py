"""`cwpipe sandbox` against a real sandbox."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cwp_local.sandbox.control import SandboxControl, SandboxError
from cwp_ops import main
from tests.integration.sandbox.processes import Running


class Cwpipe:
    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, *words: str) -> str:
        arguments = ["sandbox", "--url", self._url, *words]
        answer = CliRunner().invoke(main.app, arguments, catch_exceptions=False)
        assert answer.exit_code == 0, answer.output
        return answer.output


@pytest.fixture
def cwpipe(server: Running) -> Cwpipe:
    return Cwpipe(server.control.base_url)


def test_from_a_company_to_its_log(cwpipe: Cwpipe, control: SandboxControl) -> None:
    made = cwpipe("add", "Shell", "--tickets", "30")
    curl = made[made.index("curl -u") :].replace("\\\n", " ").strip()
    answer = subprocess.run(
        ["/bin/sh", "-c", f"{curl} -s --noproxy '*'"], capture_output=True, check=True
    )
    assert len(json.loads(answer.stdout)) == 2
    assert json.loads(cwpipe("add", "Shell", "--tickets", "30", "--json"))["company"] == "Shell"

    assert "reset" in cwpipe("weather", "set", "Shell", "--reset", "--chance", "0.5", "--skew", "9")
    told = json.loads(cwpipe("weather", "set", "Shell", "--fail", "500", "--times", "2", "--json"))
    assert told == {
        "status": [{"code": 500, "times": 2}],
        "reset": [{"probability": 0.5}],
        "skew_seconds": 9,
    }
    assert "skew seconds" in cwpipe("weather", "show", "Shell")
    assert "reset" in cwpipe("companies")
    assert cwpipe("weather", "clear", "Shell") == "fair weather at Shell\n"
    assert control.weather("Shell").reset == ()

    assert "service_tickets" in cwpipe("log", "Shell")
    summaries = json.loads(cwpipe("log", "--json"))
    assert [one["requests"] for one in summaries if one["company"] == "Shell"] == [1]
    assert "service_tickets" in cwpipe("change", "Shell", "--update", "40")
    assert json.loads(cwpipe("counts", "Shell", "--json"))["service_tickets"] == 30
    cwpipe("remove", "Shell", "--yes")
    assert "Shell" not in cwpipe("companies")


def test_a_working_day(cwpipe: Cwpipe, control: SandboxControl) -> None:
    control.make_company("Busy", seed=1, tickets=300)
    played = json.loads(cwpipe("tick", "Busy", "--json"))
    assert played["tables"]["service_tickets"]["added"]
    assert "--stop" in cwpipe("tick", "Busy", "--days", "0.1", "--requests", "5")
    cwpipe("tick", "Busy", "--stop")
    control.delete_company("Busy")


@pytest.mark.parametrize("command", ["weather show", "log", "counts", "tick", "remove --yes"])
def test_a_company_that_is_none(cwpipe: Cwpipe, command: str) -> None:
    with pytest.raises(SandboxError, match="no company 'nobody'"):
        cwpipe(*command.split(), "nobody")


def test_serving_without_the_pipeline(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from cwp_ops.main import run; run()", "sandbox", "serve"]
    options = ["--port", "0", "--tls", "--tls-port", "0"]
    with subprocess.Popen([*command, *options], cwd=tmp_path, stdout=-1, text=True) as process:
        assert process.stdout
        try:
            url = process.stdout.readline().split()[1].rstrip(",")
            assert "https://" in process.stdout.readline()
            SandboxControl(url).wait_until_up(20)
            assert (tmp_path / "sandbox-data" / "sandbox-cert.pem").is_file()
        finally:
            process.terminate()
