import sqlite3
from contextlib import closing

import pytest

from cwp_local.sandbox.conditions.patterns import glob


def matches(pattern: str, text: str) -> bool:
    with closing(sqlite3.connect(":memory:")) as database:
        return bool(database.execute("SELECT ? GLOB ?", (text, glob(pattern))).fetchone()[0])


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*search*", "research"),
        ("%search%", "research"),
        ("s_arch", "search"),
        ("s[ea]arch", "saarch"),
        ("s[a-f]arch", "search"),
        ("s[^x]arch", "search"),
        ("[[]string]", "[string]"),
        ("100[%]", "100%"),
        ("a[_]b", "a_b"),
        ("[*]", "*"),
        ("[^]", "^"),
        ("what?", "what?"),
        ("a]b", "a]b"),
        ("", ""),
    ],
)
def test_patterns_match(pattern: str, text: str) -> None:
    assert matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("search", "research"),
        ("s_arch", "sarch"),
        ("[string]", "[string]"),
        ("100[%]", "1000"),
        ("a[_]b", "axb"),
        ("[*]", "x"),
        ("what?", "whats"),
        ("s[^e]arch", "search"),
        ("", "x"),
    ],
)
def test_patterns_do_not_match(pattern: str, text: str) -> None:
    assert not matches(pattern, text)


@pytest.mark.parametrize("pattern", ["[", "[ab", "x[", "[]", "[^", "*[?"])
def test_a_bracket_that_begins_no_set_matches_nothing(pattern: str) -> None:
    assert not any(matches(pattern, text) for text in (pattern, "a", "[", "x[", "[ab", "", "[?"))
