"""`python -m cwp_local.sandbox`: serve the sandbox on this machine."""

import argparse
import logging
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from cwp_local.sandbox.app import make_app
from cwp_local.sandbox.companies import BadFileError
from cwp_local.sandbox.state import open_sandbox

_HOST = "127.0.0.1"
_DEFAULT_PORT = 4580
#: Longer than clients leave a connection idle between two pages.
_KEEP_ALIVE_SECONDS = 75
#: Conditions with long lists make long URLs.
_LONGEST_HEAD = 256 * 1024
_SHUTDOWN_SECONDS = 5

_DESCRIPTION = """\
A stand-in for the ConnectWise PSA REST API on 127.0.0.1, with made-up companies.

Make a company with 2,000 tickets, and get the keys to read it with:
  curl -X POST http://127.0.0.1:4580/_sandbox/companies \\
       -d '{"company": "Acme", "seed": 7, "tickets": 2000}'

Read it, as any client of the real API would:
  curl -u 'Acme+PUBLIC:PRIVATE' -H 'clientId: CLIENT_ID' \\
       'http://127.0.0.1:4580/v4_6_release/apis/3.0/service/tickets?pageSize=2'

Let it live: update 20 rows, add 5, delete 2:
  curl -X POST http://127.0.0.1:4580/_sandbox/companies/Acme/changes \\
       -d '{"update": 20, "add": 5, "delete": 2}'
"""


def main() -> int:
    """Serve until stopped; the exit code."""
    options = _parser().parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        listener = _listen(options.port)
        sandbox = open_sandbox(options.data_dir)
    except (OSError, BadFileError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    port = listener.getsockname()[1]
    sys.stdout.write(f"sandbox: http://{_HOST}:{port}, data in {options.data_dir.absolute()}\n")
    sys.stdout.flush()
    uvicorn.Server(_config(make_app(sandbox))).run(sockets=[listener])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cwp_local.sandbox",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port",
        type=int,
        default=_DEFAULT_PORT,
        help=f"TCP port; 0 takes a free one and says which (default {_DEFAULT_PORT})",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        required=True,
        help="where companies are kept, one SQLite file each; made if missing",
    )
    return parser


def _listen(port: int) -> socket.socket:
    """A socket that listens, so that a port in use is told before anything is opened."""
    # asyncio turns Nagle's algorithm off only on sockets that say they are TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise OSError(f"cannot listen on {_HOST}:{port}: {error}; choose another --port") from None
    return listener


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        # Both would repeat what the sandbox says itself.
        date_header=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
    )


if __name__ == "__main__":
    sys.exit(main())
