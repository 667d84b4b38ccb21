import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cwp_shared.errors import Terminal
from cwp_transformer.raw_file import column_of, read_raw
from tests.unit.transformer.fakes import TICKETS, raw_body, ticket

KEY = "acme/raw/connectwise/service_tickets/20260101T000000000000Z.parquet"


def rewritten(body: bytes, change: str, column: pa.Array | None) -> bytes:
    """The same file with one column put in the place of another, or taken out."""
    table = pq.read_table(io.BytesIO(body))
    place = table.column_names.index(change)
    table = table.remove_column(place)
    if column is not None:
        table = table.add_column(place, change, column)
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def test_mapped_fields_and_system_columns_are_read() -> None:
    raw = read_raw(raw_body([ticket(1, 10, board__id=3), ticket(2, 20)]), KEY, TICKETS)
    assert raw["raw_row"].to_pylist() == [0, 1]
    assert raw["page_row"].to_pylist() == [0, 1]
    assert raw.schema.field("upper").type == pa.timestamp("us")
    assert raw[column_of("status/name")].to_pylist() == ["New", "New"]
    # Not mapped, and not in the file.
    assert column_of("board/id") not in raw.column_names
    assert column_of("closedFlag") not in raw.column_names


def test_an_api_field_named_like_a_system_column_is_kept_apart() -> None:
    mapping = TICKETS.model_copy(
        update={
            "columns": (*TICKETS.columns, TICKETS.columns[1].model_copy(update={"source": "page"}))
        }
    )
    raw = read_raw(raw_body([ticket(1, 10, page="x")]), KEY, mapping)
    assert (raw["page"].to_pylist(), raw[column_of("page")].to_pylist()) == ([0], ["x"])


def test_a_column_of_nothing_is_no_column() -> None:
    raw = read_raw(raw_body([ticket(1, 10, closedFlag=None)]), KEY, TICKETS)
    assert column_of("closedFlag") not in raw.column_names


@pytest.mark.parametrize("body", [b"", b"PAR1", b"<html>", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_what_is_no_parquet(body: bytes) -> None:
    with pytest.raises(Terminal, match="is not a Parquet file"):
        read_raw(body, KEY, TICKETS)


def test_a_foreign_schema_is_named() -> None:
    body = rewritten(raw_body([ticket(1, 10)]), "_cwp_upper", None)
    with pytest.raises(Terminal, match="no column _cwp_upper"):
        read_raw(body, KEY, TICKETS)


@pytest.mark.parametrize(
    ("column", "array", "reason"),
    [
        ("_cwp_run_id", pa.array([None], pa.string()), "_cwp_run_id has NULLs"),
        ("_cwp_page", pa.array(["x"]), "Failed to parse"),
        ("summary", pa.array([[1]]), "column summary is list"),
    ],
)
def test_wrong_columns_are_named(column: str, array: pa.Array, reason: str) -> None:
    body = rewritten(raw_body([ticket(1, 10)]), column, array)
    with pytest.raises(Terminal, match=reason):
        read_raw(body, KEY, TICKETS)


def test_a_file_in_a_wrong_place_is_refused() -> None:
    with pytest.raises(Terminal, match=r"cwp\.tenant_id=umbrella"):
        read_raw(raw_body([ticket(1, 10)], tenant_id="umbrella"), KEY, TICKETS)


@pytest.mark.parametrize("name", ["cwp.tenant_id", "cwp.table"])
def test_a_file_that_does_not_say_whose_it_is_is_refused(name: str) -> None:
    table = pq.read_table(io.BytesIO(raw_body([ticket(1, 10)])))
    about = {key: value for key, value in table.schema.metadata.items() if key != name.encode()}
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(about), file)
    with pytest.raises(Terminal, match=rf"does not say whose it is: it has no {name}"):
        read_raw(file.getvalue(), KEY, TICKETS)


def test_dictionary_columns_are_text() -> None:
    array = pa.array(["x"]).dictionary_encode()
    raw = read_raw(rewritten(raw_body([ticket(1, 10)]), "summary", array), KEY, TICKETS)
    assert raw[column_of("summary")].to_pylist() == ["x"]
