"""What a running sandbox consists of."""

from dataclasses import dataclass
from pathlib import Path

from cwp_local.sandbox.companies import Companies
from cwp_local.sandbox.request_log import RequestLog
from cwp_shared.clock import Clock, utc_now


@dataclass(frozen=True)
class Sandbox:
    """Companies, the log of requests, and the server's clock."""

    companies: Companies
    log: RequestLog
    clock: Clock


def open_sandbox(directory: Path, clock: Clock = utc_now) -> Sandbox:
    """A sandbox over the files of a data directory, which is made if missing.

    Raises:
        BadFileError: a file there is not a company's.
    """
    return Sandbox(Companies(directory, clock), RequestLog(clock), clock)
