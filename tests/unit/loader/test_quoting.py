import pytest

from cwp_loader.quoting import identifier, literal, prose


def test_identifiers_are_quoted_part_by_part() -> None:
    assert identifier("a-b", "tickets") == '"a-b"."tickets"'
    assert identifier('x"; DROP TABLE y; --') == '"x""; DROP TABLE y; --"'


def test_literals_are_quoted() -> None:
    assert literal("it's") == "'it''s'"


@pytest.mark.parametrize("text", ["a\\'b", "a\nb", "a\0b"])
def test_what_redshift_may_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be an SQL string"):
        literal(text)


def test_prose_is_one_line_without_backslashes_and_cut_between_characters() -> None:
    assert prose("ERROR:\n  it's C:\\x\0", 100) == "'ERROR:   it''s C: x '"
    assert prose("aäää", 4) == "'aä'"
