import pytest

from cwp_loader.quoting import identifier, literal


def test_identifiers_are_quoted_part_by_part() -> None:
    assert identifier("a-b", "tickets") == '"a-b"."tickets"'
    assert identifier('x"; DROP TABLE y; --') == '"x""; DROP TABLE y; --"'


def test_literals_are_quoted() -> None:
    assert literal("it's") == "'it''s'"


@pytest.mark.parametrize("text", ["a\\'b", "a\nb", "a\0b"])
def test_what_redshift_may_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be an SQL string"):
        literal(text)
