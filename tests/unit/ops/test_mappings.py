import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from cwp_ops import main
from cwp_ops.context import Operator
from cwp_ops.errors import OperatorError
from cwp_ops.mappings import canonical_tables, key_columns, mapping_versions

READERS = (canonical_tables, key_columns, mapping_versions)


def write(root: Path, **files: object) -> None:
    (root / "mappings").mkdir()
    for name, content in files.items():
        (root / "mappings" / f"{name}.json").write_text(json.dumps(content))


def test_tables_keys_and_versions_are_read(tmp_path: Path) -> None:
    tickets = {"table": "tickets", "source": "service_tickets", "key": ["id"], "version": 3}
    write(tmp_path, tickets=tickets, more=tickets | {"table": "more"}, schema={"type": "object"})
    assert canonical_tables(tmp_path) == {"service_tickets": ("more", "tickets")}
    assert key_columns(tmp_path) == {"more": ("id",), "tickets": ("id",)}
    assert mapping_versions(tmp_path) == {"more": 3, "tickets": 3}


@pytest.mark.parametrize("content", [[], 5, {"table": ["a"], "source": "b"}, {"source": {}}])
def test_what_is_no_mapping_is_left_to_the_check(tmp_path: Path, content: object) -> None:
    write(tmp_path, good={"table": "good", "source": "goods", "key": ["id"]}, bad=content)
    assert canonical_tables(tmp_path) == {"goods": ("good",)}
    assert key_columns(tmp_path) == {"good": ("id",)}
    assert mapping_versions(tmp_path) == {}


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("content", [b"{", b'{"table": "f\xfcr"}'])
def test_a_file_that_is_no_json_is_named(
    tmp_path: Path, read: Callable[[Path], object], content: bytes
) -> None:
    write(tmp_path, tickets={"table": "tickets"})
    (tmp_path / "mappings" / "companies.json").write_bytes(content)
    with pytest.raises(OperatorError, match=r"companies\.json is not JSON: "):
        read(tmp_path)


def test_a_project_without_mappings_says_so(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="there are no mappings in"):
        canonical_tables(tmp_path)


@pytest.mark.parametrize(
    "command", [["rebuild", "acme"], ["quarantine", "list", "acme", "--table"]]
)
def test_a_table_that_nobody_mapped_is_answered_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(Operator, "book", {"acme": "a tenant"})
    monkeypatch.setattr(Operator, "cloud", SimpleNamespace(s3=None, bucket="lake"))
    monkeypatch.setattr("cwp_ops.quarantine.find", lambda _lake, _tenant: [])
    answer = CliRunner().invoke(main.app, [*command, "tikets"])
    assert "there is no canonical table tikets; there are activities, agr" in str(answer.exception)
    if "--table" in command:
        assert CliRunner().invoke(main.app, [*command, "tickets"]).exit_code == 0
