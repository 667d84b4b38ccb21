"""Pages in, file names out."""

import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

CORES = 2
#: About 64 MiB of page bodies, as the writer takes.
PAGES_A_FILE = 12

_raw_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode


def page_bodies(folder: str) -> Iterator[bytes]:
    """The pages in order."""
    for path in sorted(Path(folder).glob("[0-9]*.json")):
        yield path.read_bytes()


def batches(folder: str) -> Iterator[list[bytes]]:
    """The pages, as many at a time as make a file."""
    rest = page_bodies(folder)
    while bodies := list(islice(rest, PAGES_A_FILE)):
        yield bodies


def one_row_a_line(bodies: list[bytes]) -> bytes:
    """One row a line, which is all that some readers take; cut without decoding the rows."""
    lines = io.BytesIO()
    for body in bodies:
        lines.write(b"\n".join(_raw_rows(body)))
        lines.write(b"\n")
    return lines.getvalue()


def file_name(out: str, number: int) -> str:
    """The path of the output's n-th file."""
    return f"{out}/{number:05d}.parquet"
