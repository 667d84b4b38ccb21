import logging
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import parse


@pytest.mark.parametrize("text", ["", "  ;", "-- nothing", "/* nothing */;"])
def test_an_empty_statement_is_refused(text: str) -> None:
    with pytest.raises(SqlError, match="syntax error: the statement is empty"):
        parse.statement(text)


def test_one_final_semicolon_is_taken() -> None:
    assert parse.statement("SELECT 1 ;").text == "SELECT 1"


def test_two_statements_in_one_text_are_refused() -> None:
    with pytest.raises(SqlError, match="cannot insert multiple commands"):
        parse.statement("SELECT 1; SELECT 2")


def test_a_semicolon_in_a_string_is_no_end() -> None:
    assert parse.statement("SELECT ';'").text == "SELECT ';'"


@pytest.mark.parametrize("text", ["SELECT 'open", "SELEC 1", "SELECT FROM WHERE", "SHOW tables"])
def test_what_cannot_be_read_is_a_syntax_error(text: str) -> None:
    with pytest.raises(SqlError, match="syntax error"):
        parse.tree(parse.statement(text))


def test_sqlglot_warns_nobody(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(SqlError):
        parse.tree(parse.statement("CALL procedure()"))
    assert not caplog.records
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (a INT DISTKEY, b INT NOT NULL SORTKEY) DISTSTYLE KEY",
        "CREATE TABLE t (a INT) ENCODE AUTO",
        "CREATE TABLE t (a INT) SORTKEY AUTO",
        "CREATE TABLE t (a INT) BACKUP NO DISTSTYLE ALL COMPOUND SORTKEY (a)",
        "CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION somebody",
        'CREATE TABLE t (a INT, "distkey" INT, sortkey INT)',
    ],
)
def test_physical_design_can_be_read(text: str) -> None:
    assert parse.tree(parse.statement(text)).key == "create"


@example("a ?")
@given(st.text(max_size=60))
def test_any_text_is_a_statement_or_a_clear_error(text: str) -> None:
    with suppress(SqlError):
        assert parse.tree(parse.statement(text)).key
