"""`python -m cwp_local.redshift`: the stand-in as a process.

Ends cleanly on SIGTERM and SIGINT: the running statement is finished, the file closed.
"""

import argparse
import logging
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import boto3
import uvicorn
from botocore.config import Config

from cwp_local.redshift.callers import EmulatorsCallers
from cwp_local.redshift.events import BusAnnouncer
from cwp_local.redshift.objects import AssumedRoles
from cwp_local.redshift.server import Parts, create_app

HOST = "127.0.0.1"
PORT = 4590
#: Where the emulator says who calls (cloud/emulator.py).
DOOR = "/_cwpipe/authorize"
ACCOUNT = "000000000000"
REGION = "us-east-1"

_READING = Config(
    retries={"mode": "standard", "max_attempts": 3},
    connect_timeout=5,
    read_timeout=60,
    s3={"addressing_style": "path"},
)
#: An event is best effort: the emulator is here and quick, or it is not there.
_TELLING = Config(
    retries={"mode": "standard", "max_attempts": 2}, connect_timeout=2, read_timeout=5
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        listening = _listen(options.port)
        app = create_app(options.warehouse, parts(options.emulator))
    except (OSError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    port = listening.getsockname()[1]
    sys.stdout.write(f"Redshift Data API on http://{HOST}:{port}, {options.warehouse}\n")
    sys.stdout.flush()
    # uvicorn raises the signal again once it has shut down; by then there is nothing left to do.
    signal.signal(signal.SIGTERM, lambda *_: None)
    config = uvicorn.Config(
        app, lifespan="on", log_level="warning", access_log=False, timeout_graceful_shutdown=2
    )
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def parts(emulator: str) -> Parts:
    """What the stand-in needs of the emulator at `emulator`."""
    return Parts(
        roles=AssumedRoles(
            _client("sts", emulator, _READING),
            lambda keys: _client("s3", emulator, _READING, keys),
        ),
        announcer=BusAnnouncer(
            _client("events", emulator, _TELLING),
            _client("sqs", emulator, _TELLING),
            REGION,
            ACCOUNT,
        ),
        callers=EmulatorsCallers(emulator + DOOR, _ADMINISTRATOR["AccessKeyId"]),
    )


#: One for all clients: each session reads what a service is like anew, a quarter of a second.
_SESSION: Final = boto3.Session(region_name=REGION)
#: The emulator's own administrator.
_ADMINISTRATOR = {"AccessKeyId": "test", "SecretAccessKey": "test"}


def _client(
    service: str, endpoint: str, config: Config, keys: Mapping[str, str] = _ADMINISTRATOR
) -> Any:
    return _SESSION.client(  # type: ignore[call-overload] # one function for all services
        service,
        endpoint_url=endpoint,
        config=config,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
    )


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise OSError(
            f"port {port} is in use ({error.strerror}); choose another with --port"
        ) from None
    return listening


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cwp_local.redshift", description="The Redshift Data API over a DuckDB file."
    )
    parser.add_argument("--port", type=int, default=PORT, help="on 127.0.0.1 (default: 4590)")
    parser.add_argument("--warehouse", type=Path, required=True, help="the DuckDB file")
    parser.add_argument(
        "--emulator", default="http://127.0.0.1:4566", help="where S3, SQS and EventBridge are"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
