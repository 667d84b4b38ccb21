import json
from collections.abc import Callable
from pathlib import Path

import pytest

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
