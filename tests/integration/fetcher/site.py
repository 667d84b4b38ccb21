"""A ConnectWise site on this machine, as small as the fetcher's tests need it."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

#: Path and query in; status, headers and body out. None: the site answers as it should.
Script = Callable[[str, dict[str, str]], tuple[int, dict[str, str], bytes] | None]

TICKETS = "/apis/3.0/service/tickets"
API = f"/v2025_1{TICKETS}"


@dataclass
class Site:
    """What the site holds, what it was asked, and how to make it misbehave."""

    ids: set[int] = field(default_factory=set)
    #: Rows that make every page which has them a 500.
    bad: set[int] = field(default_factory=set)
    codebase: str = "v2025_1"
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    #: Client ports: as many as connections were made.
    ports: set[int] = field(default_factory=set)
    script: Script | None = None
    url: str = ""

    def answer(self, target: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.script and (scripted := self.script(parts.path, query)):
            return scripted
        if parts.path == "/login/companyinfo/ACME":
            return 200, {}, json.dumps({"Codebase": f"{self.codebase}/"}).encode()
        if parts.path == f"/{self.codebase}{TICKETS}/count":
            return 200, {}, json.dumps({"count": len(self._ids(query))}).encode()
        if parts.path == f"/{self.codebase}{TICKETS}":
            return self._page(query)
        return 404, {}, b'{"code":"ConnectWiseApi","message":"The endpoint does not exist."}'

    def _page(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        ids = self._ids(query)[: int(query["pageSize"])]
        if self.bad & set(ids):
            return 500, {}, b'{"code":"ConnectWiseApi","message":"not a valid Boolean."}'
        text = {} if query.get("fields") == "id" else {"summary": "\u00fc"}
        rows = [{"id": id_, **text} for id_ in ids]
        return 200, {"x-cw-request-id": "77"}, json.dumps(rows).encode()

    def _ids(self, query: dict[str, str]) -> list[int]:
        conditions = query.get("conditions", "")
        above = re.search(r"id > (\d+)", conditions)
        below = re.search(r"id <= (\d+)", conditions)
        ids = sorted(
            id_
            for id_ in self.ids
            if (not above or id_ > int(above[1])) and (not below or id_ <= int(below[1]))
        )
        if query.get("orderBy") == "id desc":
            ids.reverse()
        return ids


@contextmanager
def serve(site: Site) -> Iterator[Site]:
    """Serve `site` on a free port of the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.ports.add(self.client_address[1])
            site.headers.append(dict(self.headers))
            status, headers, body = site.answer(self.path)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = int(headers.get("Content-Length", 0)) > len(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
