"""`python -m cwp_local.sandbox`: serve the sandbox on this machine."""

import argparse
import sys
from pathlib import Path

from cwp_local.sandbox.server import Options, serve

_DEFAULT_PORT, _DEFAULT_TLS_PORT = 4580, 4581

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

Play a working day; or a tenth of one after every five pages, so that a walk meets changes:
  curl -X POST http://127.0.0.1:4580/_sandbox/companies/Acme/tick -d '{"days": 1}'
  curl -X POST http://127.0.0.1:4580/_sandbox/companies/Acme/tick \\
       -d '{"days": 0.1, "every_requests": 5}'

Read every change that was made to a row:
  curl 'http://127.0.0.1:4580/_sandbox/companies/Acme/history?since=0'

Make it misbehave: refuse the next request with a 429, and reset one connection in ten:
  curl -X PUT http://127.0.0.1:4580/_sandbox/companies/Acme/weather \\
       -d '{"status": {"code": 429}, "reset": {"probability": 0.1}}'

See how politely it was read:
  curl 'http://127.0.0.1:4580/_sandbox/log/summary?company=Acme'
"""


def main() -> int:
    """Serve until stopped; the exit code."""
    given = _parser().parse_args()
    return serve(Options(given.data_dir, given.port, given.tls_port if given.tls else None))


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
    parser.add_argument(
        "--tls",
        action="store_true",
        help="serve https too, with a self-signed certificate that is kept in the data directory",
    )
    parser.add_argument(
        "--tls-port",
        type=int,
        default=_DEFAULT_TLS_PORT,
        help=f"with --tls: TCP port of https, 0 for a free one (default {_DEFAULT_TLS_PORT})",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
