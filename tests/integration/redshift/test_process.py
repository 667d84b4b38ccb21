"""The stand-in as a process: what survives a stop, and what survives a crash."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import duckdb
import pytest

from tests.integration.redshift.servers import RUN, Api, free_socket
from tests.unit.local.redshift.fakes import ENDLESS

SETUP = [
    'CREATE SCHEMA IF NOT EXISTS "acme-west"',
    'CREATE TABLE "acme-west"."t" ("name" VARCHAR(4) NOT NULL, "data" SUPER)',
    'ALTER TABLE "acme-west"."t" ADD COLUMN "made" TIMESTAMP DEFAULT GETDATE()',
    'ALTER TABLE "acme-west"."t" ADD COLUMN "code" CHAR(2) DEFAULT \'x\'',
    """CREATE VIEW "acme-west"."v" AS
        SELECT "name", 7 / 2 AS "half", GETDATE() AS "now" FROM "acme-west"."t" """,
    """INSERT INTO "acme-west"."t" ("name", "data") VALUES ('a', JSON_PARSE('{"x":1}'))""",
]


class Running:
    """A process, and an API to it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.api = Api(f"http://127.0.0.1:{port}")


def _start(warehouse: Path, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cwp_local.redshift", "--port", str(port)]
    command += ["--warehouse", str(warehouse), "--emulator", "http://127.0.0.1:9"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(warehouse.parent)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _free_port() -> int:
    with free_socket() as listening:
        return int(listening.getsockname()[1])


@contextmanager
def running(warehouse: Path) -> Iterator[Running]:
    port = _free_port()
    process = _start(warehouse, port)
    try:
        _await_health(process, port)
        yield Running(process, port)
    finally:
        process.kill()
        process.communicate()


def _await_health(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_redshift/health") as answer:
                assert json.load(answer)["status"] == "ok"
                return
        except (URLError, OSError):
            time.sleep(0.05)
    pytest.fail("the stand-in did not start")


def _check(api: Api) -> None:
    assert api.rows('SELECT "name", "data", "code" FROM "acme-west"."t"') == [("a", '{"x":1}', "x")]
    assert api.rows('SELECT "name", "half" FROM "acme-west"."v"') == [("a", 3)]
    too_long = api.run('INSERT INTO "acme-west"."t" ("name") VALUES (\'12345\')')
    assert too_long["Error"] == "ERROR: value too long for type character varying(4)"


def test_sigterm_closes_the_file_and_a_restart_finds_everything(tmp_path: Path) -> None:
    warehouse = tmp_path / "state" / "warehouse.duckdb"
    with running(warehouse) as server:
        assert server.api.batch(*SETUP)["Status"] == "FINISHED"
        before = server.api.run("SELECT 1")["Id"]
        server.process.send_signal(signal.SIGTERM)
        out, err = server.process.communicate(timeout=30)
        assert server.process.returncode == 0
        assert f"{warehouse}" in out
        assert err == ""
    assert not Path(f"{warehouse}.wal").exists()
    with duckdb.connect(str(warehouse), read_only=True) as anybody:
        assert anybody.execute('SELECT name FROM "acme-west".t').fetchall() == [("a",)]
    with running(warehouse) as server:
        _check(server.api)
        with pytest.raises(server.api.client.exceptions.ResourceNotFoundException):
            server.api.client.describe_statement(Id=before)


def test_the_file_is_one_process_own_and_kill_9_loses_nothing_committed(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with running(warehouse) as server:
        assert server.api.batch(*SETUP)["Status"] == "FINISHED"
        failed = server.api.batch('DELETE FROM "acme-west"."t"', "SELECT 1/0")
        assert failed["Status"] == "FAILED"
        second = _start(warehouse, _free_port())
        _, err = second.communicate(timeout=30)
        server.process.kill()
        server.process.wait(20)
    assert second.returncode == 1
    assert f"cannot open the warehouse {warehouse}" in err
    assert "Traceback" not in err
    assert Path(f"{warehouse}.wal").exists()
    with running(warehouse) as server:
        _check(server.api)


def test_a_statement_under_way_is_stopped_with_the_server(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with running(warehouse) as server:
        server.api.client.batch_execute_statement(Sqls=["CREATE TABLE t (n INT)", ENDLESS], **RUN)
        server.process.send_signal(signal.SIGTERM)
        server.process.communicate(timeout=40)
        assert server.process.returncode == 0
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("SHOW ALL TABLES").fetchall() == []


def test_a_port_in_use_is_said_clearly(tmp_path: Path) -> None:
    with free_socket() as taken:
        taken.listen()
        port = taken.getsockname()[1]
        process = _start(tmp_path / "warehouse.duckdb", port)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"port {port} is in use" in err
    assert "Traceback" not in err
