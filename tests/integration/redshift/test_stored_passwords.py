"""docs/stored-passwords.md: its statements find what they say, and leave the rest alone."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.redshift.servers import Api

PAGE = (Path(__file__).resolve().parents[3] / "docs/stored-passwords.md").read_text("utf-8")
#: How a list's items are named, in the statements and in what the page says to put there.
FIELDS = ("custom_fields", "type", "value")
QUESTIONS = ("questions", "fieldType", "answer")
LISTS = [FIELDS, QUESTIONS]


def statements(language: str, names: tuple[str, str, str]) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    for old, new in (("customFields", names[0]), *zip(FIELDS, names, strict=True)):
        found = [re.sub(rf"\b{old}\b", new, text) for text in found]
    return found


def item(names: tuple[str, str, str], kind: str, value: str | None) -> dict[str, Any]:
    return {"id": 1, names[1]: kind} | ({} if value is None else {names[2]: value})


def lists(names: tuple[str, str, str]) -> dict[str, str | None]:
    """Versions by what is in their list."""
    text = item(names, "Text", "A-17")
    return {
        "old": json.dumps([text, item(names, "Password", "swordfish")]),
        "shouted": json.dumps([item(names, "PASSWORD", "swordfish")]),
        "new": json.dumps([text, item(names, "Password", None)]),
        "plain": json.dumps([text]),
        "empty": "[]",
        "none": None,
    }


@pytest.mark.parametrize("names", LISTS)
def test_versions_in_the_warehouse_are_counted_and_emptied(
    api: Api, names: tuple[str, str, str]
) -> None:
    count, update = statements("sql", names)
    api.run('CREATE SCHEMA "acme"')
    api.run(f'CREATE TABLE "acme".tickets (sk CHAR(32), {names[0]} SUPER)')
    for sk, value in lists(names).items():
        parsed = "NULL" if value is None else f"JSON_PARSE('{value}')"
        api.run(f"INSERT INTO \"acme\".tickets VALUES ('{sk}', {parsed})")
    assert api.rows(count) == [(2,)]
    assert api.run(update)["Status"] == "FINISHED"
    assert api.rows(count) == [(0,)]
    kept = api.rows(f'SELECT TRIM(sk) FROM "acme".tickets WHERE {names[0]} IS NOT NULL ORDER BY 1')
    assert kept == [("empty",), ("new",), ("plain",)]


@pytest.mark.parametrize("names", LISTS)
def test_files_in_the_lake_are_named(tmp_path: Path, names: tuple[str, str, str]) -> None:
    (query,) = statements("duckdb", names)
    folder = tmp_path / "acme/raw/connectwise/service_tickets"
    folder.mkdir(parents=True)
    for name, value in lists(names).items():
        columns = {"id": [1]} if value is None else {"id": [1], names[0]: [value]}
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    with duckdb.connect() as connection:
        found = connection.execute(query.replace("s3://BUCKET", str(tmp_path))).fetchall()
    assert [(Path(name).stem, count) for name, count in found] == [("old", 1), ("shouted", 1)]
