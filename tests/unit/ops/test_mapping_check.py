import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cwp_ops import main, mapping_findings
from cwp_ops.mapping_findings import Finding
from cwp_ops.mapping_history import objection
from cwp_ops.raw_census import Census, newest_files, take_census
from cwp_shared.mapping import Mapping
from cwp_shared.mapping_files import Mappings
from tests.unit.transformer.fakes import (
    TICKETS,
    World,
    absences_body,
    cutting,
    raw_body,
    ticket,
)

KEY = "acme/raw/connectwise/service_tickets/20260101T00000{}000000Z.parquet"


def census(*files: Sequence[dict[str, Any]], mapping: Mapping = TICKETS) -> Census:
    bodies = ((KEY.format(number), raw_body(rows)) for number, rows in enumerate(files))
    return take_census(bodies, mapping)


def told(found: Census) -> dict[str, str]:
    return {one.column: one.told for one in found.misfits}


def by_kind(findings: Sequence[Finding], kind: str) -> list[str]:
    return [one.field for one in findings if one.kind == kind]


def test_rows_and_the_fields_that_occur_are_counted() -> None:
    found = census([ticket(1, 10, board__id=3), ticket(2, 20)], [ticket(3, 30)])
    assert (found.files, found.rows) == (2, 3)
    assert found.fields["board/id"] == 1
    assert found.fields["_info/lastUpdated"] == 3
    assert not [path for path in found.fields if path.startswith("_cwp")]
    assert found.misfits == []


def test_values_that_do_not_fit_are_told_with_an_example() -> None:
    found = census(
        [ticket(1, 10, summary="x" * 50), ticket(2, 10, summary="y" * 30)],
        [ticket(None, 10, summary="z" * 21), ticket(4, None, closedFlag="maybe")],
        [ticket(5, 10, _info__dateEntered="then")],
    )
    assert told(found) == {
        "summary": f"3 rows do not fit varchar(20), such as {'x' * 40!r}, the longest is 50 bytes",
        "ticket_id": "1 rows do not fit bigint, such as ''",
        "is_closed": "1 rows do not fit boolean, such as 'maybe'",
        "_info/lastUpdated": "1 rows do not fit a time, such as ''",
        "_info/dateEntered": "1 rows do not fit a time, such as 'then'",
    }
    assert all(f.is_wrong for f in mapping_findings.of_census(TICKETS, found) if f.kind == "misfit")


def test_a_file_that_says_what_is_gone_is_not_counted() -> None:
    gone = [(KEY.format(1), absences_body([(1, 50)]))]
    assert take_census(gone, TICKETS) == Census()


def test_a_census_tells_what_never_occurs_and_what_nobody_knows() -> None:
    found = list(mapping_findings.of_census(TICKETS, census([ticket(1, 10, newField__id="x")])))
    absent = by_kind(found, "never occurs")
    assert {"_info/dateEntered", "budgetHours", "closedFlag", "customFields"} <= set(absent)
    assert not {"id", "summary", "_info/lastUpdated"} & set(absent)
    assert by_kind(found, "unknown") == ["newField"]
    assert not any(one.is_wrong for one in found)


def test_a_custom_field_that_no_record_has_is_told() -> None:
    columns: list[dict[str, Any]] = [{"name": "ticket_id", "type": "bigint", "from": "id"}]
    for name, of in {"plan": "Plan", "seats": 9, "by_text": "9", "empty": 12}.items():
        columns.append({"name": name, "type": "varchar(20)", "custom_field": of})
    meaning = TICKETS.model_dump(by_alias=True, exclude_none=True)
    mapping = Mapping.model_validate(meaning | {"columns": columns})
    fields = [{"id": 9, "caption": "Plan", "value": "Gold"}, {"id": 12, "caption": "Empty"}]
    found = census([ticket(1, 10), ticket(2, 20, customFields=json.dumps(fields))], mapping=mapping)
    absent = by_kind(list(mapping_findings.of_census(mapping, found)), "never occurs")
    assert [name for name in absent if "custom" in name] == ["customFields '9'", "customFields 12"]


def test_a_change_that_the_history_cannot_take_is_told() -> None:
    world = World()
    assert objection(world.lake, "acme", TICKETS) is None
    world.take([ticket(1, 10)])
    assert objection(world.lake, "acme", TICKETS) is None
    assert objection(world.lake, "beta", cutting()) is None
    changed = cutting()
    assert "its version is still 1; raise it" in (objection(world.lake, "acme", changed) or "")
    raised = cutting(version=2)
    assert objection(world.lake, "acme", raised) is None
    world.mappings = Mappings((raised,))
    world.take([ticket(2, 20)])
    assert objection(world.lake, "acme", raised) is None
    again = cutting(size=10, version=2)
    assert "its version is still 2; raise it" in (objection(world.lake, "acme", again) or "")
    other = TICKETS.model_copy(update={"key": ("summary",), "version": 3})
    assert "cannot change within one history" in (objection(world.lake, "acme", other) or "")


def test_a_table_that_was_never_written_is_said_so_once() -> None:
    found = list(mapping_findings.of_census(TICKETS, Census()))
    assert [one.kind for one in found] == ["no files"]


def test_the_catalogue_tells_of_fields_that_no_column_shows_and_of_narrow_columns() -> None:
    found = list(mapping_findings.of_catalogue(TICKETS))
    assert "externalXRef" in by_kind(found, "not mapped")
    (narrow,) = (one.detail for one in found if one.kind == "narrow" and one.field == "summary")
    assert narrow == "summary is string(100): varchar(400) holds any, varchar(20) does not"
    without = TICKETS.model_copy(update={"left_out": {"externalXRef": "never filled in here"}})
    assert "externalXRef" not in by_kind(list(mapping_findings.of_catalogue(without)), "not mapped")


def test_a_file_that_cannot_be_used_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "tickets.json").write_text('{"table": "tickets", "source": "service_tickets"}')
    mappings, findings = mapping_findings.read(tmp_path, None)
    assert mappings.valid == ()
    (broken,) = (one for one in findings if one.is_wrong)
    assert broken.detail.startswith("mappings/tickets.json: ")
    assert "time_entries" in by_kind(findings, "no mapping")
    assert "service_tickets" not in by_kind(findings, "no mapping")
    assert mapping_findings.read(tmp_path, "companies")[1] == []


class FakeS3:
    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def get_paginator(self, _: str) -> "FakeS3":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's names
        found = [{"Key": key} for key in self.keys if key.startswith(Prefix)]
        return [{"Contents": found[:1]}, {"Contents": found[1:]}, {"Bucket": Bucket}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: ARG002, N803 - boto3's names
        return {"Body": self, "Key": Key}

    def read(self) -> bytes:
        return b"body"


def test_the_newest_files_are_read() -> None:
    s3 = FakeS3("a/3", "a/1", "b/9", "a/2")
    assert [key for key, _ in newest_files(s3, "lake", "a/", 2)] == ["a/2", "a/3"]


def test_the_command_ends_well_on_the_mappings_of_the_repository() -> None:
    answer = CliRunner().invoke(main.app, ["mappings", "check", "tickets", "--json"])
    assert (answer.exit_code, json.loads(answer.stdout)) == (0, [])


def test_the_command_names_a_table_that_has_no_mapping() -> None:
    answer = CliRunner().invoke(main.app, ["mappings", "check", "tikets"])
    assert "there is no mapping of a table tikets" in str(answer.exception)


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_ends_with_one_if_something_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, as_json: bool
) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "tickets.json").write_text("{")
    monkeypatch.setattr("cwp_ops.context.find_root", lambda _: tmp_path)
    answer = CliRunner().invoke(main.app, ["mappings", "check", *(["--json"] if as_json else [])])
    assert answer.exit_code == 1
    assert "tickets.json" in answer.stdout
