"""How far one table of one tenant is on its way into the warehouse, from what the services keep.

::

    waiting --> surveying --> fetching --> merging --> loading --> done
       (no run yet)  (how large)  (pages)   (history)  (warehouse)   or failed, from anywhere
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Stage = Literal["waiting", "surveying", "fetching", "merging", "loading", "done", "failed"]

#: How much of the bar each stage fills; fetching moves within its own part.
_STARTS: dict[Stage, float] = {
    "waiting": 0.0,
    "surveying": 0.0,
    "fetching": 0.02,
    "merging": 0.7,
    "loading": 0.85,
    "done": 1.0,
    "failed": 1.0,
}


@dataclass(frozen=True)
class History:
    """One canonical table that the run feeds.

    `files` has, for each raw file of the run and of the ones just before it, the item that the
    transformer keeps of it, or None; `pointer` its item about the whole history; `head` the
    loader's about the warehouse table.
    """

    canonical_table: str
    files: Mapping[str, Mapping[str, Any] | None]
    pointer: Mapping[str, Any] | None
    head: Mapping[str, Any] | None

    @property
    def merged(self) -> int:
        """How many of the files are in the history."""
        return sum(item is not None for item in self.files.values())

    @property
    def sequence(self) -> int:
        """The last commit of the history; 0: it has none. Waiting for it waits for all before."""
        known = (self.pointer, *self.files.values())
        return max(int(item.get("sequence") or 0) for item in known if item) if any(known) else 0

    @property
    def loaded(self) -> int:
        """The last commit that the warehouse has."""
        return int((self.head or {}).get("loaded_sequence") or 0)


@dataclass(frozen=True)
class Observation:
    """What was read about one table at one moment."""

    run: Mapping[str, Any] | None = None
    receipts: Sequence[Mapping[str, Any]] = ()
    histories: tuple[History, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Where a table is. `rows` so far, `expected` if known; `share` of the way, 0 to 1."""

    stage: Stage
    rows: int = 0
    expected: int | None = None
    pages: int = 0
    share: float = 0.0
    detail: str = ""


def progress(seen: Observation) -> Progress:
    """Read an observation."""
    run = seen.run
    if run is None:
        return Progress("waiting", detail="waiting for its run")
    if run["status"] == "FAILED":
        return failed(f"{run.get('reason_class', 'failed')}: {run.get('reason', 'no reason kept')}")
    if run["status"] == "OPEN":
        return _fetching(run, seen.receipts)
    return _after_fetching(run, seen.histories)


def failed(reason: str) -> Progress:
    """The table cannot go on."""
    return Progress("failed", share=1.0, detail=reason)


def _fetching(run: Mapping[str, Any], receipts: Sequence[Mapping[str, Any]]) -> Progress:
    if run.get("windows") is None:
        return Progress("surveying", detail="asking how many rows there are")
    rows = sum(int(receipt["rows"]) for receipt in receipts)
    expected = int(run["expected_rows"]) if run.get("expected_rows") is not None else None
    done = min(1.0, rows / expected) if expected else 0.0
    start, end = _STARTS["fetching"], _STARTS["merging"]
    return Progress(
        "fetching",
        rows=rows,
        expected=expected,
        pages=len(receipts),
        share=start + (end - start) * done,
        detail=f"{len(receipts)} pages",
    )


def _after_fetching(run: Mapping[str, Any], histories: tuple[History, ...]) -> Progress:
    rows, pages = int(run.get("rows", 0)), int(run.get("pages", 0))
    stage, detail = _slowest(histories)
    return Progress(
        stage, rows=rows, expected=rows, pages=pages, share=_STARTS[stage], detail=detail
    )


def _slowest(histories: tuple[History, ...]) -> tuple[Stage, str]:
    for history in histories:
        if history.merged < len(history.files):
            return "merging", f"{history.merged} of {len(history.files)} files in the history"
    for history in histories:
        if (trouble := blocked(history.head)) and history.loaded < history.sequence:
            return "failed", f"loading {history.canonical_table}: {trouble}"
    for history in histories:
        if history.loaded < history.sequence:
            return "loading", f"commit {history.loaded} of {history.sequence} in the warehouse"
    return "done", ""


def blocked(head: Mapping[str, Any] | None) -> str | None:
    """Why loading has stopped until somebody acts; None if it has not."""
    if not head or head.get("phase") != "blocked":
        return None
    return str(head.get("last_error") or "no reason kept")
