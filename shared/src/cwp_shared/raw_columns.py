"""The columns of a raw Parquet file that the API did not send: where each row was seen.

A raw file holds rows of one run of one table. API fields are flattened with `__`
(`company/id` -> `company__id`, `_info/lastUpdated` -> `_info__lastUpdated`), keep the API's
spelling, and have the types int64, double, bool or string; lists are JSON text, dates stay text.
A field that no row of the file has is no column. Together the columns below order all
observations of a record totally and deterministically (scd2.md, section 2, "o").
"""

from typing import Final

#: string; sorts by the time the run was opened.
RUN_ID: Final = "_cwp_run_id"
#: timestamp[us, UTC]; the run's frozen upper bound T.
UPPER: Final = "_cwp_upper"
#: int32; number of the id window within the run.
WINDOW: Final = "_cwp_window"
#: int32; number of the page within the window.
PAGE: Final = "_cwp_page"
#: int32; position within the page.
ROW: Final = "_cwp_row"

SYSTEM_COLUMNS: Final = (RUN_ID, UPPER, WINDOW, PAGE, ROW)

#: Keys of the file's own metadata (`pyarrow`: schema.metadata).
META_TENANT: Final = b"cwp.tenant_id"
META_TABLE: Final = b"cwp.table"
META_RUN: Final = b"cwp.run_id"
META_ROWS: Final = b"cwp.rows"
#: The model version asked for in `Accept`; what the API's fields mean.
META_API_VERSION: Final = b"cwp.api_version"
#: What the file says: `rows` (records, as described above), `ids` or `absences`.
META_KIND: Final = b"cwp.kind"
KIND_ROWS: Final = b"rows"
#: What a sweep saw (`keys.sweep`): the system columns and `id`, int64, nothing else.
KIND_IDS: Final = b"ids"
#: Ids proven deleted: the system columns, the `id`, and the column below. `UPPER` is the upper
#: bound of the second sweep, PAGE and WINDOW are 0.
KIND_ABSENCES: Final = b"absences"
#: timestamp[us, UTC]; the upper bound of the first sweep that missed the id (scd2.md R11, "t").
ABSENT_AT: Final = "_cwp_absent_at"
