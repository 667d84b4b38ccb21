"""Serving the sandbox on this machine: sockets, http and https, and how it ends."""

import asyncio
import logging
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from cwp_local.sandbox.app import make_app
from cwp_local.sandbox.companies import BadFileError
from cwp_local.sandbox.memory import keep_large_buffers
from cwp_local.sandbox.state import open_sandbox
from cwp_local.sandbox.tls import Certificate, certificate_in
from cwp_local.sandbox.wire import Protocol
from cwp_shared.clock import utc_now

_HOST = "127.0.0.1"
#: Longer than clients leave a connection idle between two pages.
_KEEP_ALIVE_SECONDS = 75
#: Conditions with long lists make long URLs.
_LONGEST_HEAD = 256 * 1024
_SHUTDOWN_SECONDS = 5


@dataclass(frozen=True)
class Options:
    """How to serve. Port 0 takes a free one; without `tls_port` there is no https."""

    data_dir: Path
    port: int
    tls_port: int | None = None


def serve(options: Options) -> int:
    """Serve until stopped; the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    keep_large_buffers()
    try:
        plain = _listen(options.port, "--port")
        secret = None if options.tls_port is None else _listen(options.tls_port, "--tls-port")
        sandbox = open_sandbox(options.data_dir)
        certificate = certificate_in(options.data_dir, utc_now) if secret else None
    except (OSError, BadFileError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    _say(f"sandbox: http://{_address(plain)}, data in {options.data_dir.absolute()}")
    app = make_app(sandbox)
    servers = [(uvicorn.Server(_config(app)), plain)]
    if secret and certificate:
        path = certificate.certificate.absolute()
        _say(f"sandbox: https://{_address(secret)}, certificate {path}")
        _say(f"  clients trust it with: export REQUESTS_CA_BUNDLE={path}")
        servers.append((uvicorn.Server(_config(app, certificate)), secret))
    with suppress(KeyboardInterrupt):  # the servers have ended already, and say it once more
        asyncio.run(_serve_all(servers))
    return 0


async def _serve_all(servers: Sequence[tuple[uvicorn.Server, socket.socket]]) -> None:
    # Signals reach the server that was started last; as it ends it hands them to the one before.
    # So the first, which closes the companies' files, ends last.
    await asyncio.gather(*(server.serve(sockets=[listener]) for server, listener in servers))


def _listen(port: int, option: str) -> socket.socket:
    """A socket that listens, so that a port in use is told before anything is opened."""
    # asyncio turns Nagle's algorithm off only on sockets that say they are TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        text = f"cannot listen on {_HOST}:{port}: {error}; choose another {option}"
        raise OSError(text) from None
    return listener


def _address(listener: socket.socket) -> str:
    return f"{_HOST}:{listener.getsockname()[1]}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _config(app: Starlette, certificate: Certificate | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Protocol,
        log_level="warning",
        access_log=False,
        # Both would repeat what the sandbox says itself.
        date_header=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
        # The plain server, which ends last, closes what both serve.
        lifespan="off" if certificate else "on",
    )
