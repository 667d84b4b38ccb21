"""A batch of fetched pages into files: one file per tenant, table and run, or a few large ones.

A page that cannot be read fails its own messages, a file that cannot be stored or announced fails
the messages of its pages; everything else goes on. A batch delivered again makes another file
with the same rows, which readers of raw/ must and do take for what it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Protocol

from aws_lambda_powertools import Logger

from cwp_shared import keys
from cwp_shared.bus import Publisher
from cwp_shared.errors import Terminal
from cwp_shared.events import PageFetched, PagesWritten
from cwp_shared.tables import source_table
from cwp_writer.ahead import each_ahead
from cwp_writer.deliveries import Delivery, sort_messages
from cwp_writer.draft import Draft
from cwp_writer.lake import KeyOfMoment
from cwp_writer.pages import IdReader, Reader, RowReader

#: Bytes of page bodies in one file; with one more file on its way to S3, they bound the memory.
FILE_INPUT_BYTES: Final = 64 * 1024 * 1024
#: Bodies asked of S3 before they are needed.
_PAGES_AHEAD: Final = 3

logger = Logger()

#: The error of each message that failed, by message id.
Failures = dict[str, Exception]


class Pages(Protocol):
    """What is needed of `lake.Landed`."""

    def read(self, page: PageFetched) -> bytes:
        """A landed body, checked."""


class FileStore(Protocol):
    """What is needed of `lake.RawFiles`."""

    def put(self, tenant_id: str, table: str, content: bytes, name: KeyOfMoment) -> str:
        """Store a file under a key that `name` makes; that key."""


@dataclass(frozen=True)
class Writer:
    """The writer with its collaborators."""

    landed: Pages
    files: FileStore
    bus: Publisher
    file_input_bytes: int = FILE_INPUT_BYTES

    def handle(self, bodies: Mapping[str, str]) -> Failures:
        """Write a batch of messages (bodies by message id); the ones that failed."""
        groups, failures = sort_messages(bodies)
        drafts = chain.from_iterable(self._drafts(group, failures) for group in groups.values())
        for draft, written in each_ahead(self._write, drafts, 1):
            try:
                written.result()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this file's own
                failures |= _failed(error, *draft.deliveries)
        return failures

    def _drafts(self, deliveries: Sequence[Delivery], failures: Failures) -> Iterator[Draft]:
        """The files of one run; pages that cannot be read go to `failures`."""
        try:
            reader = _reader(deliveries[0].page)
        except Terminal as error:
            failures |= _failed(error, *deliveries)
            return
        draft = Draft()
        for delivery, body in each_ahead(self._body, deliveries, _PAGES_AHEAD):
            try:
                draft.add(delivery, body.result(), reader)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this page's own
                failures |= _failed(error, delivery)
            if draft.input_bytes >= self.file_input_bytes:
                yield draft
                draft = Draft()
                reader.begin_file()
        if draft.deliveries:
            yield draft

    def _body(self, delivery: Delivery) -> bytes:
        return self.landed.read(delivery.page) if delivery.page.rows else b""

    def _write(self, draft: Draft) -> None:
        key = None
        if content := draft.content():
            page = draft.deliveries[0].page
            name = keys.sweep if page.mode == "reconcile" else keys.raw
            key = self.files.put(page.tenant_id, page.table, content, name)
        written = draft.announcement(key)
        self.bus.publish([written])
        _log(written, draft)


def _reader(page: PageFetched) -> Reader:
    if page.mode == "reconcile":
        return IdReader()
    return RowReader(source_table(page.table).sensitive_fields)


def _failed(error: Exception, *deliveries: Delivery) -> Failures:
    return {id_: error for delivery in deliveries for id_ in delivery.message_ids}


def _log(written: PagesWritten, draft: Draft) -> None:
    logger.info(
        "pages written",
        tenant_id=written.tenant_id,
        table=written.table,
        run_id=written.run_id,
        raw_key=written.raw_key,
        pages=len(written.jobs),
        rows=written.rows,
        input_bytes=draft.input_bytes,
    )
