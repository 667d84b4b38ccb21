"""The stand-in on a free port in a thread, and boto3 as anybody would use it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import uvicorn

from cwp_local.redshift.server import Parts, create_app

RUN = {"WorkgroupName": "connectwise-local", "Database": "dev"}


def free_socket() -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    return listening


@contextmanager
def serving(path: Path | None, parts: Parts) -> Iterator[str]:
    """The endpoint of a running stand-in."""
    listening = free_socket()
    config = uvicorn.Config(create_app(path, parts), lifespan="on", log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@cache
def _session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )


def client(service: str, endpoint: str) -> Any:
    return _session().client(service, endpoint_url=endpoint)  # type: ignore[call-overload]  # any service


class Api:
    """Shortcuts over an unmodified `redshift-data` client."""

    def __init__(self, endpoint: str) -> None:
        self.client = client("redshift-data", endpoint)

    def batch(self, *sqls: str, **more: Any) -> dict[str, Any]:
        """Run a batch to its end; what DescribeStatement says."""
        answer = self.client.batch_execute_statement(Sqls=list(sqls), **RUN, **more)
        return self.ended(answer["Id"])

    def run(self, sql: str, **more: Any) -> dict[str, Any]:
        """Run one statement to its end."""
        return self.ended(self.client.execute_statement(Sql=sql, **RUN, **more)["Id"])

    def ended(self, statement_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.describe_statement(Id=statement_id, WaitTimeSeconds=20)
        return answer

    def rows(self, sql: str, **more: Any) -> list[tuple[Any, ...]]:
        """The rows of a query that must succeed."""
        described = self.run(sql, **more)
        assert described["Status"] == "FINISHED", described.get("Error")
        return self.result(described["Id"])

    def result(self, statement_id: str) -> list[tuple[Any, ...]]:
        pages = self.client.get_paginator("get_statement_result").paginate(Id=statement_id)
        return [tuple(map(value_of, row)) for page in pages for row in page["Records"]]


def value_of(field: dict[str, Any]) -> Any:
    return None if field.get("isNull") else next(iter(field.values()))
