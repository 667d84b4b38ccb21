"""The writer itself, on a folder instead of S3: batches of messages, as its function gets them.

A function has one core. Lambda gives batches to as many functions as there is work for: here to
one process for each core, which share nothing but the folders.

Runs in an environment of the function's own dependencies.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from cwp_shared.events import Event, PageFetched
from cwp_writer.lake import KeyOfMoment
from cwp_writer.write import Writer

ROWS_A_PAGE = 1_000


def write_pages(folder: str, out: str, functions: int) -> None:
    """Write the folder's pages as raw files into `out`: as many batches as functions."""
    bodies = sorted(Path(folder).glob("[0-9]*.json"))
    size = -(-len(bodies) // functions)
    batches = [bodies[start : start + size] for start in range(0, len(bodies), size)]
    # Forked, because importing does not count for others either.
    others = [
        get_context("fork").Process(target=_write_batch, args=(batch, Path(out, str(number))))
        for number, batch in enumerate(batches[1:], 1)
    ]
    for other in others:
        other.start()
    _write_batch(batches[0], Path(out, "0"))
    for other in others:
        other.join()
        if other.exitcode:
            raise RuntimeError("a function failed; what it said is above")


def _write_batch(bodies: list[Path], out: Path) -> None:
    out.mkdir()
    messages = {body.name: _message(int(body.stem)) for body in bodies}
    failures = Writer(_Folder(bodies[0].parent), _Files(out), _Bus()).handle(messages)
    if failures:
        raise next(iter(failures.values()))


def _message(number: int) -> str:
    page = PageFetched(
        tenant_id="bench",
        run_id="run",
        table="service_tickets",
        mode="full",
        upper=datetime(2026, 11, 22, tzinfo=UTC),
        job_id=f"w000-p{number:05d}",
        window=0,
        page=number,
        landing_key=f"bench/landing/{number:05d}.json",
        sha256="",
        rows=ROWS_A_PAGE,
        first_id=1,
        last_id=1,
        is_last=False,
    )
    detail = page.model_dump(mode="json")
    return json.dumps({"source": page.source, "detail-type": page.detail_type, "detail": detail})


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, page: PageFetched) -> bytes:
        return (self._folder / Path(page.landing_key).name).read_bytes()


class _Files:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, tenant_id: str, table: str, content: bytes, name: KeyOfMoment) -> str:
        moment = f"{len(list(self._folder.iterdir())):05d}"
        (self._folder / f"{moment}.parquet").write_bytes(content)
        return name(tenant_id, table, moment)


class _Bus:
    def publish(self, events: Iterable[Event]) -> None:
        """Nobody listens."""
