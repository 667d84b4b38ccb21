import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from cwp_shared.mapping import Column, Mapping, MappingError, mapping_schema
from cwp_shared.mapping_files import SCHEMA_FILE, parse_mapping, read_mappings

MAPPINGS = Path(__file__).resolve().parents[3] / "mappings"


def tickets(**changes: Any) -> dict[str, Any]:
    mapping: dict[str, Any] = {
        "table": "tickets",
        "source": "service_tickets",
        "version": 1,
        "key": ["ticket_id"],
        "updated_at": "_info/lastUpdated",
        "columns": [column(name="ticket_id", type="bigint", source="id"), column()],
    }
    return mapping | changes


def column(
    name: str = "summary",
    type: str = "varchar(400)",  # noqa: A002 - the mapping's own word
    source: str | None = "summary",
    **more: Any,
) -> dict[str, Any]:
    of = {} if source is None else {"from": source}
    return {"name": name, "type": type, **of} | more


def made(**of: Any) -> dict[str, Any]:
    """What a column has that is made of something else than a field."""
    return {"source": None} | of


def complaint(mapping: dict[str, Any], file_name: str = "tickets.json") -> str:
    with pytest.raises(MappingError) as caught:
        parse_mapping(json.dumps(mapping), file_name)
    return str(caught.value)


def with_column(**parts: Any) -> dict[str, Any]:
    return tickets(columns=[*tickets()["columns"], column(**({"name": "extra"} | parts))])


def test_a_mapping_knows_its_keys_and_attributes() -> None:
    mapping = parse_mapping(json.dumps(tickets()), "tickets.json")
    assert [c.name for c in mapping.key_columns] == ["ticket_id"]
    assert [c.name for c in mapping.attributes] == ["summary"]
    assert mapping.columns[1].sizes == (400,)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"source": "budgetHourz"}, "has no field 'budgetHourz'; did you mean 'budgetHours'?"),
        ({"source": "company"}, "company is an object: name a field inside it, such as company/id"),
        ({"source": "customFields"}, "customFields is []->CustomFieldValue, which varchar(400)"),
        ({"source": "closedFlag", "type": "timestamp"}, "closedFlag is bool, which timestamp"),
        ({"type": "super"}, "summary is string(100), which super does not hold"),
        ({"type": "varchar(70000)"}, "varchar takes 1 to 65535 bytes"),
        ({"type": "decimal(10,12)", "source": "budgetHours"}, "its scale included"),
        ({"type": "money"}, "type: 'money' is no type of a column; there are bigint, integer, "),
        ({"source": "company//id"}, "'company//id' is not a path"),
        ({"source": "_info/updatedBy"}, "set history to ignored or overwritten (scd2.md R4)"),
        (
            {"source": "_info/lastUpdated", "type": "timestamp"},
            "_info/lastUpdated changes on every touch",
        ),
        ({"as_set": True}, "as_set is for lists"),
        ({"too_long": "cut", "type": "bigint", "source": "id"}, "only a text can be cut"),
        ({"too_long": "shorten"}, "'cut' or 'quarantine'"),
        ({"history": "forgotten"}, "'tracked', 'ignored' or 'overwritten'"),
        ({"constant": "x"}, "of from, custom_field, constant, first_of; this of from and"),
        ({"source": None}, "this of nothing"),
        (made(constant=5), "varchar(400) does not hold 5"),
        (made(constant="soon", type="timestamp"), "timestamp does not hold 'soon'"),
        (made(constant=2**31, type="integer"), "integer does not hold 2147483648"),
        (made(constant=1.23456, type="decimal(18,4)"), "decimal(18,4) does not hold 1.23456"),
        (made(constant=True, type="decimal(18,4)"), "decimal(18,4) does not hold True"),
        (made(first_of=["poNumber", "poNumbr"]), "has no field 'poNumbr'; did you mean"),
        (made(first_of=["poNumber"]), "at least 2 items"),
        (made(custom_field=""), "custom_field: a custom field is named by its id, a number, or"),
        (made(custom_field=1.5), "custom_field: a custom field is named by its id, a number, or"),
        (made(custom_field=7, type="super"), "super is for lists"),
        ({"values": {"a": "b"}}, "values and otherwise go together"),
        ({"otherwise": "keep"}, "values and otherwise go together"),
        ({"values": {"a": 1}, "otherwise": "null"}, "varchar(400) does not hold 1"),
        (
            {"values": {"1": 2}, "otherwise": "keep", "type": "bigint", "source": "closedDate"},
            "closedDate is date-time, which bigint does not hold",
        ),
        ({"values": {"a": {"b": 1}}, "otherwise": "keep"}, "values: a: a single value is wanted"),
        ({"tolong": "cut"}, "tolong: there is no such member; did you mean 'too_long'?"),
        ({"colour": "red"}, "colour: there is no such member; there are name, type, from, custom_"),
        ({"from": None, "constant": "x"}, "from: null says nothing; leave it out"),
        ({"too_long": None}, "too_long: null says nothing; leave it out"),
        ({"as_set": "yes", "type": "super", "source": "customFields"}, "valid boolean"),
        ({"type": "varchar(0)"}, "is no type of a column"),
        ({"type": "varchar(0400)"}, "is no type of a column"),
        ({"type": "varchar(\u0663)"}, "is no type of a column"),
        ({"type": "decimal(0,0)", "source": "budgetHours"}, "is no type of a column"),
        ({"source": "_info"}, "name a field inside it, such as _info/lastUpdated"),
        (made(constant="x", values={"x": "y"}, otherwise="keep"), "values have nothing to map"),
        (made(constant="a\0b"), "varchar(400) does not hold 'a\\x00b'"),
        (made(constant=1e999, type="double precision"), "double precision does not hold inf"),
        (made(constant="20260101", type="timestamp"), "timestamp does not hold '20260101'"),
        (made(constant="2026-W01-1", type="date"), "date does not hold '2026-W01-1'"),
        (made(constant="2026-02-30", type="date"), "date does not hold '2026-02-30'"),
        ({"values": {"a": None}, "otherwise": "drop"}, "'keep', 'null' or 'quarantine'"),
        ({"values": {}, "otherwise": "keep"}, "at least 1 item"),
    ],
)
def test_a_wrong_column_is_named_with_file_and_reason(parts: dict[str, Any], reason: str) -> None:
    text = complaint(with_column(**parts))
    assert text.startswith("mappings/tickets.json: column extra: ")
    assert reason in text


NUMBERS = {"bigint", "integer", "decimal(18,4)", "double precision"}
TYPES = NUMBERS | {"boolean", "date", "timestamp", "varchar(400)", "super"}


@pytest.mark.parametrize(
    ("field", "fitting"),
    [
        ("id", NUMBERS | {"varchar(400)"}),
        ("budgetHours", {"decimal(18,4)", "double precision", "varchar(400)"}),
        ("closedFlag", {"boolean", "varchar(400)"}),
        ("closedDate", {"timestamp", "date", "varchar(400)"}),
        ("severity", {"varchar(400)"}),
        ("customFields", {"super"}),
        ("poNumber", TYPES - {"super"}),
    ],
)
def test_each_kind_of_field_fits_these_types_and_no_others(field: str, fitting: set[str]) -> None:
    for type_ in TYPES:
        text = json.dumps(with_column(source=field, type=type_))
        if type_ in fitting:
            parse_mapping(text, "tickets.json")
        else:
            with pytest.raises(MappingError, match=rf"column extra: {field} is .*, which"):
                parse_mapping(text, "tickets.json")


def test_reserved_and_repeated_names_are_refused() -> None:
    assert "column sk: the name belongs to the history" in complaint(with_column(name="sk"))
    assert "named twice: summary" in complaint(with_column(name="summary"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"source": "service_tikets"}, "source: unknown table 'service_tikets'"),
        ({"key": ["number"]}, "key: there is no column number"),
        ({"key": ["ticket_id", "ticket_id"]}, "key: a column is named twice"),
        ({"updated_at": "summary_at"}, "updated_at: /service/tickets has no field 'summary_at'"),
        ({"created_at": "closedFlag"}, "created_at: closedFlag is bool, not a time"),
        ({"version": 0}, "version: "),
        ({"version": "1"}, "version: Input should be a valid integer"),
        ({"version": True}, "version: Input should be a valid integer"),
        ({"updated_at": None}, "updated_at: null says nothing; leave it out"),
        ({"left_out": {"summary": "long"}}, "left_out summary: column summary reads it"),
        ({"left_out": {"mobileGuid": ""}}, "left_out.mobileGuid: String should have at least 1"),
        ({"table": "Tickets"}, "table: 'Tickets' is no name: it begins with a lower-case letter"),
        ({"source": "service/tickets"}, "source: 'service/tickets' is no name"),
        ({"key": []}, "key: "),
        ({"columns": []}, "columns: "),
        ({"keys": ["id"]}, "keys: there is no such member; did you mean 'key'?"),
        ({"warehouse": {"sortby": []}}, "sortby: there is no such member; did you mean 'sort_by'?"),
    ],
)
def test_a_wrong_mapping_says_where(changes: dict[str, Any], reason: str) -> None:
    assert reason in complaint(tickets(**changes))


def test_a_source_that_says_when_it_changed_a_record_is_asked() -> None:
    """Else every sync would look like a change of all (scd2.md R14 is for sources that do not)."""
    mapping = {name: part for name, part in tickets().items() if name != "updated_at"}
    assert complaint(mapping) == (
        "mappings/tickets.json: updated_at: /service/tickets says when a record changed, and "
        'history needs it: write "updated_at": "_info/lastUpdated"'
    )


def test_what_is_there_twice_is_not_guessed() -> None:
    text = json.dumps(tickets())
    with pytest.raises(MappingError, match=r"mappings/tickets\.json: version is there twice"):
        parse_mapping(text.replace('"version": 1', '"version": 1, "version": 2'), "tickets.json")
    twice = text.replace('"from": "summary"', '"from": "summary", "from": "poNumber"')
    with pytest.raises(MappingError, match=r"column summary: from is there twice"):
        parse_mapping(twice, "tickets.json")
    mapped = json.dumps(with_column(values={"a": "x", "b": "y"}, otherwise="null"))
    with pytest.raises(MappingError, match=r"column extra: values: a is there twice"):
        parse_mapping(mapped.replace('"b": "y"', '"a": "y"'), "tickets.json")


def test_sensitive_fields_cannot_be_mapped() -> None:
    mapping = tickets(
        table="contacts",
        source="company_contacts",
        columns=[
            column(name="ticket_id", type="bigint", source="id"),
            column(name="secret", source="portalPassword"),
        ],
    )
    text = complaint(mapping, "contacts.json")
    assert "column secret: portalPassword is sensitive and never stored" in text


def test_a_key_is_a_whole_number_or_text() -> None:
    mapping = tickets(columns=[column(name="ticket_id", type="decimal(18,4)", source="id")])
    assert "a key column is bigint, integer, varchar, not decimal(18,4)" in complaint(mapping)


def test_a_key_is_a_field_as_it_is() -> None:
    mapping = tickets(columns=[column(name="ticket_id", type="bigint", **made(constant=1))])
    assert "a key column is a field of the record, as it is" in complaint(mapping)


def test_a_key_has_no_history_of_its_own() -> None:
    mapping = tickets(key=["summary"], columns=[column(history="ignored")])
    assert "column summary: a key column has no history of its own" in complaint(mapping)


def test_a_key_is_never_cut() -> None:
    mapping = tickets(key=["summary"], columns=[column(too_long="cut")])
    assert "column summary: a key column is never cut" in complaint(mapping)


def test_what_is_noted_of_a_row_has_room() -> None:
    def cut(count: int) -> dict[str, Any]:
        long = [column(name=f"n{n}".ljust(63, "x"), too_long="cut") for n in range(count)]
        return tickets(columns=[*tickets()["columns"], *long])

    parse_mapping(json.dumps(cut(32)), "tickets.json")
    assert "columns: load_notes has room for 32 columns that are cut" in complaint(cut(33))


def test_a_field_that_is_left_out_must_be_there() -> None:
    mapping = tickets(left_out={"mobileGid": "of no use"})
    assert "left_out mobileGid: /service/tickets has no field" in complaint(mapping)


def test_a_mapping_reads_each_field_once() -> None:
    mapping = Mapping.model_validate(
        with_column(**made(first_of=["summary", "poNumber"]))
        | {"columns": [*tickets()["columns"], column(name="a", **made(custom_field=3))]}
    )
    assert mapping.paths == ("_info/lastUpdated", "id", "summary", "customFields")


def test_a_file_is_named_by_its_table() -> None:
    assert "the mapping of tickets belongs in tickets.json" in complaint(tickets(), "other.json")


def test_the_digest_follows_the_meaning_only() -> None:
    def digest(**changes: Any) -> str:
        return Mapping.model_validate(tickets(**changes)).digest

    assert digest() == digest(version=2) == digest(**{"$schema": "./mapping.schema.json"})
    assert digest() == digest(warehouse={"sort_by": ["ticket_id"]})
    assert digest() == digest(left_out={"mobileGuid": "of no use"})
    key = tickets()["columns"][0]
    assert digest() == digest(columns=[key, column(too_long="quarantine")])
    assert digest() != digest(columns=[key, column(too_long="cut")])
    assert digest() != digest(created_at="_info/dateEntered")


@pytest.mark.parametrize("layout", [{"sort_by": ["nowhere"]}, {"distribute_by": "custom_fields"}])
def test_a_table_is_stored_by_columns_that_it_has(layout: dict[str, Any]) -> None:
    columns = [
        column(name="ticket_id", type="bigint", source="id"),
        column(name="custom_fields", type="super", source="customFields"),
    ]
    said = complaint(tickets(columns=columns, warehouse=layout))
    assert "is no column to sort or distribute by" in said


def test_a_broken_file_stops_only_its_own_table(tmp_path: Path) -> None:
    (tmp_path / "tickets.json").write_text(json.dumps(tickets()))
    (tmp_path / "companies.json").write_text(json.dumps(tickets(source="company_companies")))
    (tmp_path / SCHEMA_FILE).write_text("{}")
    mappings = read_mappings(tmp_path)
    assert [m.table for m in mappings.of_source("service_tickets")] == ["tickets"]
    assert mappings.of_source("time_entries") == ()
    with pytest.raises(MappingError, match=r"mappings/companies\.json: "):
        mappings.of_source("company_companies")


def test_a_file_that_is_no_json_stops_all_tables_without_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "tickets.json").write_text(json.dumps(tickets()))
    (tmp_path / "companies.json").write_text("{")
    mappings = read_mappings(tmp_path)
    assert mappings.of_source("service_tickets")
    with pytest.raises(MappingError, match=r"mappings/companies\.json: .*JSON"):
        mappings.of_source("company_companies")


@pytest.mark.parametrize(
    ("encoding", "reason"),
    [
        ("latin-1", "line 3 is not UTF-8"),
        ("utf-16", "line 1 is not UTF-8"),
        ("utf-8-sig", "byte order mark"),
    ],
)
def test_a_file_in_another_encoding_is_not_guessed_at(
    tmp_path: Path, encoding: str, reason: str
) -> None:
    mapping = with_column(**made(constant="Büro")) | {"source": "company_companies"}
    text = json.dumps(mapping, ensure_ascii=False).replace('"source', '\n\n"source')
    (tmp_path / "companies.json").write_bytes(text.encode(encoding))
    (tmp_path / "tickets.json").write_text(json.dumps(tickets()))
    mappings = read_mappings(tmp_path)
    assert [m.table for m in mappings.valid] == ["tickets"]
    (broken,) = mappings.broken
    assert reason in str(broken.error)
    assert broken.source == (None if encoding == "utf-16" else "company_companies")


def test_a_missing_directory_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="set MAPPINGS_DIR"):
        read_mappings(tmp_path / "nowhere")


def test_the_committed_schema_is_the_generated_one_and_takes_every_mapping() -> None:
    schema = json.loads((MAPPINGS / SCHEMA_FILE).read_text())
    assert schema == mapping_schema()
    for path in (p for p in MAPPINGS.glob("*.json") if p.name != SCHEMA_FILE):
        jsonschema.validate(json.loads(path.read_text()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tickets(version="one"), schema)


#: What people write in the place of something else.
JUNK: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 2**40, 1.5, "", "x", "1", "true", "a b", "id", "keep", "quarantine"),
    *("varchar(3)", "varchar(0)", "varchar(03)", "decimal(0,0)", "decimal(4,2)", "company/id"),
    *([], ["id"], ["id", "summary"], [1, 2], [None], {}, {"a": 1}, {"a": None}, {"a": {"b": 1}}),
)


def slips() -> Iterator[dict[str, Any]]:
    """Mappings of which one member was taken away, or is something else than it should be."""
    for making in ({"from": "summary"}, made(constant="x"), made(first_of=["summary", "poNumber"])):
        mapping = with_column(values={"a": "b"}, otherwise="keep", history="ignored", **making)
        for name in (*Mapping.model_fields, "$schema", "owner"):
            rest = {other: value for other, value in mapping.items() if other != name}
            yield from (rest, *(rest | {name: junk} for junk in JUNK))
        for name in (*Column.model_fields, "from", "colour"):
            *others, last = mapping["columns"]
            rest = {other: value for other, value in last.items() if other != name}
            for slip in (rest, *(rest | {name: junk} for junk in JUNK)):
                yield mapping | {"columns": [*others, slip]}


def test_an_editor_is_told_what_the_loader_says() -> None:
    """All that is accepted fits the schema, and what fits is refused for its meaning only."""
    schema = jsonschema.Draft202012Validator(mapping_schema())
    for mapping in slips():
        wrong = kinds_of_errors(mapping)
        if schema.is_valid(mapping):
            assert wrong <= {"value_error"}, mapping
        else:
            assert wrong, mapping


def kinds_of_errors(mapping: dict[str, Any]) -> set[str]:
    """What the loader complains of; `value_error` is what a JSON Schema has no words for."""
    try:
        Mapping.model_validate_json(json.dumps(mapping))
    except ValidationError as error:
        return {one["type"] for one in error.errors()}
    return set()
