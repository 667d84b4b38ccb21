import duckdb
import pytest

from cwp_local.redshift.errors import Interrupted, SqlError, from_duckdb


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "Invalid Input Error: Division by zero in expression (1 // 0). Use TRY(...)",
            "Divide by zero",
        ),
        ("Invalid Input Error: value too long", "value too long"),
        (
            'Catalog Error: Table with name rs$warehouse.acme.t does not exist!\nDid you mean "x"?',
            'relation "acme.t" does not exist',
        ),
        (
            'Binder Error: Referenced column "x" not found in FROM clause!\nDid you mean "y"?',
            'column "x" does not exist',
        ),
        ("IO Error: disk full\n\nLINE 1: ...", "disk full"),
    ],
)
def test_duckdbs_words_become_redshifts(message: str, said: str) -> None:
    error = from_duckdb(duckdb.Error(message))
    assert isinstance(error, SqlError)
    assert str(error) == said


def test_an_interrupt_is_no_failure() -> None:
    assert isinstance(from_duckdb(duckdb.InterruptException("INTERRUPT Error")), Interrupted)
