"""A file in the making: its pages, read, and what will be said of them."""

from dataclasses import dataclass, field

from cwp_shared.errors import Terminal
from cwp_shared.events import JobReceipt, PageFetched, PagesWritten
from cwp_writer.content import Content
from cwp_writer.deliveries import Delivery
from cwp_writer.pages import Reader
from cwp_writer.parquet import ReadPage, raw_table, to_parquet


@dataclass
class Draft:
    """Pages of one run, empty ones among them."""

    deliveries: list[Delivery] = field(default_factory=list)
    input_bytes: int = 0
    _read: list[ReadPage] = field(default_factory=list)

    def add(self, delivery: Delivery, body: bytes, reader: Reader) -> None:
        """Take in a page; the body of an empty one is not looked at.

        Raises:
            Terminal: the body is no page, or has another number of rows than was fetched.
        """
        if delivery.page.rows:
            self._read.append(ReadPage(delivery.page, _content(delivery.page, body, reader)))
            self.input_bytes += len(body)
        self.deliveries.append(delivery)

    def content(self) -> bytes | None:
        """The file's bytes, once: the rows are given up for them. None if there are no rows."""
        if not self._read:
            return None
        table = raw_table(self._read)
        self._read.clear()
        return to_parquet(table)

    def announcement(self, key: str | None) -> PagesWritten:
        """What is said when the file lies under `key`; None when no rows needed one."""
        pages = [delivery.page for delivery in self.deliveries]
        return PagesWritten(
            tenant_id=pages[0].tenant_id,
            run_id=pages[0].run_id,
            table=pages[0].table,
            jobs=tuple(_receipt(page) for page in pages),
            raw_key=key,
            rows=sum(page.rows for page in pages),
        )


def _content(page: PageFetched, body: bytes, reader: Reader) -> Content:
    try:
        content = reader.read(body)
    except ValueError as error:
        raise Terminal(f"landed page {page.landing_key} is no page: {error}") from None
    if content.rows != page.rows:
        raise Terminal(
            f"landed page {page.landing_key} has {content.rows} rows, its event says {page.rows}"
        )
    return content


def _receipt(page: PageFetched) -> JobReceipt:
    return JobReceipt.model_validate(page.model_dump())
