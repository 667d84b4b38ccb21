"""A batch of fetched pages into raw files: one file per tenant, table and run, or a few large ones.

A page that cannot be read fails its own messages, a file that cannot be stored or announced fails
the messages of its pages; everything else goes on. A batch delivered again makes another file
with the same rows, which readers of raw/ must and do take for what it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from aws_lambda_powertools import Logger

from cwp_shared.bus import Publisher
from cwp_shared.errors import Terminal
from cwp_shared.events import JobReceipt, PageFetched, PagesWritten
from cwp_shared.tables import source_table
from cwp_writer.deliveries import Delivery, sort_messages
from cwp_writer.parquet import PageColumns, page_columns, raw_table, to_parquet
from cwp_writer.rows import decode, drop_fields

#: Bytes of page bodies in one raw file; bounds what the function holds in memory.
FILE_INPUT_BYTES: Final = 96 * 1024 * 1024

logger = Logger()


class Pages(Protocol):
    """What is needed of `lake.Landed`."""

    def read(self, page: PageFetched) -> bytes:
        """A landed body, checked."""


class Files(Protocol):
    """What is needed of `lake.RawFiles`."""

    def put(self, tenant_id: str, table: str, content: bytes) -> str:
        """Store a raw file; its key."""


@dataclass
class _Draft:
    """A file in the making."""

    deliveries: list[Delivery] = field(default_factory=list)
    columns: list[PageColumns] = field(default_factory=list)
    input_bytes: int = 0


#: The error of each message that failed, by message id.
Failures = dict[str, Exception]


@dataclass(frozen=True)
class Writer:
    """The writer with its collaborators."""

    landed: Pages
    files: Files
    bus: Publisher
    file_input_bytes: int = FILE_INPUT_BYTES

    def handle(self, bodies: Mapping[str, str]) -> Failures:
        """Write a batch of messages (bodies by message id); the ones that failed."""
        groups, failures = sort_messages(bodies)
        for deliveries in groups.values():
            failures |= self._write_group(deliveries)
        return failures

    def _write_group(self, deliveries: Sequence[Delivery]) -> Failures:
        failures: Failures = {}
        draft = _Draft()
        for delivery in deliveries:
            try:
                self._add(delivery, draft)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this page's own
                failures |= dict.fromkeys(delivery.message_ids, error)
            if draft.input_bytes >= self.file_input_bytes:
                failures |= self._finish(draft)
                draft = _Draft()
        return failures | self._finish(draft)

    def _add(self, delivery: Delivery, draft: _Draft) -> None:
        page = delivery.page
        if page.rows:
            body = self.landed.read(page)
            draft.columns.append(_columns(page, body))
            draft.input_bytes += len(body)
        draft.deliveries.append(delivery)

    def _finish(self, draft: _Draft) -> Failures:
        if not draft.deliveries:
            return {}
        try:
            self.bus.publish([self._store(draft)])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this file's own
            ids = [id_ for delivery in draft.deliveries for id_ in delivery.message_ids]
            return dict.fromkeys(ids, error)
        return {}

    def _store(self, draft: _Draft) -> PagesWritten:
        page = draft.deliveries[0].page
        raw_key = None
        if draft.columns:
            content = to_parquet(raw_table(draft.columns))
            raw_key = self.files.put(page.tenant_id, page.table, content)
        written = _pages_written(draft, raw_key)
        logger.info(
            "pages written",
            tenant_id=page.tenant_id,
            table=page.table,
            run_id=page.run_id,
            raw_key=raw_key,
            pages=len(written.jobs),
            rows=written.rows,
            input_bytes=draft.input_bytes,
        )
        return written


def _columns(page: PageFetched, body: bytes) -> PageColumns:
    try:
        rows = decode(body)
    except ValueError as error:
        raise Terminal(f"landed page {page.landing_key} is no page: {error}") from None
    if len(rows) != page.rows:
        raise Terminal(
            f"landed page {page.landing_key} has {len(rows)} rows, its event says {page.rows}"
        )
    drop_fields(rows, source_table(page.table).sensitive_fields)
    return page_columns(page, rows)


def _pages_written(draft: _Draft, raw_key: str | None) -> PagesWritten:
    pages = [delivery.page for delivery in draft.deliveries]
    return PagesWritten(
        tenant_id=pages[0].tenant_id,
        run_id=pages[0].run_id,
        table=pages[0].table,
        jobs=tuple(_receipt(page) for page in pages),
        raw_key=raw_key,
        rows=sum(page.rows for page in pages),
    )


def _receipt(page: PageFetched) -> JobReceipt:
    return JobReceipt(
        job_id=page.job_id,
        window=page.window,
        page=page.page,
        rows=page.rows,
        last_id=page.last_id,
        is_last=page.is_last,
    )
