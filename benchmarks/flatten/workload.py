"""The pages that all are given, and what must be found in any table made of them."""

import json
import shutil
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from cwp_local.sandbox.calls import Row, json_text
from cwp_local.sandbox.tables import TICKETS
from cwp_local.sandbox.world.generate import World, generate

SEED: Final = 5
#: The newest time in the rows, in seconds since 1970.
REFERENCE: Final = 1_795_305_600
PAGE_ROWS: Final = 1_000
_FOLDER: Final = Path(__file__).parents[2] / ".build"

Item = TypeVar("Item")


def pages(rows: int) -> Path:
    """The folder of page bodies (`*.json`, in order) and `facts.json`; made once, then kept."""
    folder = _FOLDER / f"flatten-pages-{rows}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _write(partial, rows)
        partial.rename(folder)
    return folder


def facts(folder: Path) -> dict[str, Any]:
    """What a table of the folder's rows must hold: see `_Facts`."""
    found: dict[str, Any] = json.loads((folder / "facts.json").read_text("utf-8"))
    return found


def _write(folder: Path, rows: int) -> None:
    world = World(SEED, rows, REFERENCE)
    tickets = (row for table, row in generate(world) if table.id == TICKETS.id)
    gathered = _Facts()
    for number, page in enumerate(_chunks(islice(tickets, rows), PAGE_ROWS)):
        body = f"[{','.join(map(json_text, page))}]"
        (folder / f"{number:05d}.json").write_text(body, "utf-8")
        gathered.add(page)
    (folder / "facts.json").write_text(json.dumps(gathered.said()), "utf-8")


class _Facts:
    """Taken from the rows themselves, so that they owe nothing to any way of flattening."""

    def __init__(self) -> None:
        self._rows = 0
        self._sums = {"id": 0, "company__id": 0, "actualHours": 0.0}
        self._there = {"contact__id": 0, "closedDate": 0}
        self._samples: list[dict[str, Any]] = []

    def add(self, page: list[Row]) -> None:
        """Take a page's rows into account."""
        self._rows += len(page)
        for row in page:
            self._sums["id"] += row["id"]
            self._sums["company__id"] += row["company"]["id"]
            self._sums["actualHours"] += row["actualHours"]
            self._there["contact__id"] += "contact" in row
            self._there["closedDate"] += "closedDate" in row
        self._samples += [_sample(row) for row in page[:: PAGE_ROWS // 2]]

    def said(self) -> dict[str, Any]:
        """`rows`; `sums` and numbers of values that are `there`, by column; `samples` of rows."""
        return {
            "rows": self._rows,
            "sums": self._sums,
            "there": self._there,
            "samples": self._samples,
        }


def _sample(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "summary": row["summary"],
        "closedFlag": row["closedFlag"],
        "company__name": row["company"]["name"],
        "company___info__company_href": row["company"]["_info"]["company_href"],
        "contact__name": row.get("contact", {}).get("name"),
        "actualHours": row["actualHours"],
        "customFields": row["customFields"],
    }


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
