"""The API requests of a sync, sorted by what they were for, against the least possible."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from cwp_local.sandbox.models import LogEntry
from cwp_shared.tables import source_table


@dataclass(frozen=True)
class Made:
    """Requests by what they were for."""

    pages: int = 0
    counts: int = 0
    edges: int = 0
    companyinfo: int = 0
    failed: int = 0

    @property
    def all(self) -> int:
        """All of them."""
        return self.pages + self.counts + self.edges + self.companyinfo + self.failed

    def told(self, least: int) -> str:
        """For people."""
        return (
            f"{self.all} requests, {least} is the least: {self.pages} pages, {self.counts} counts, "
            f"{self.edges} lowest or highest id, {self.companyinfo} companyinfo, "
            f"{self.failed} failed"
        )


def made(entries: Iterable[LogEntry]) -> Made:
    """Sort requests to the API; what steers the sandbox is none."""
    kinds = [_kind(entry) for entry in entries if not entry.path.startswith("/_sandbox")]
    return Made(**{kind: kinds.count(kind) for kind in set(kinds)})


def _kind(entry: LogEntry) -> str:
    if "/login/companyinfo/" in entry.path:
        return "companyinfo"
    if entry.status != 200 or entry.ends != "whole":  # noqa: PLR2004 - an HTTP status
        return "failed"
    if entry.kind == "count":
        return "counts"
    return "edges" if parse_qs(entry.query).get("pageSize") == ["1"] else "pages"


def least(rows: Mapping[str, int]) -> int:
    """The least requests that can bring so many rows of each table and know that they are all.

    Full pages and the rest, ceil(rows / page size), and of each table one request more: a short
    page proves no end (connectwise-api.md 2.1), so either `/count` says it or an empty page.
    """
    return sum(-(-count // source_table(name).page_size) + 1 for name, count in rows.items())
