"""From text to one statement: its leading words, and for most a syntax tree."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlglot import exp, parse, tokenize
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from cwp_local.redshift.errors import SqlError

DIALECT = "redshift"
#: Functions that sqlglot would turn into others while it reads: it loses formats, and takes
#: DATE_PART for EXTRACT. It reads them under names as long, so that places in the text stay.
_READ_AS = {
    "DATE_PART": "DATE_P4RT",
    "TO_CHAR": "T0_CHAR",
    "TO_DATE": "T0_DATE",
    "TO_NUMBER": "T0_NUMBER",
    "TO_TIMESTAMP": "T0_TIMESTAMP",
}

# sqlglot warns where it falls back to an opaque command; we refuse those ourselves.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_COLUMN_KEYS = {"DISTKEY", "SORTKEY"}
_AUTHORIZATION = re.compile(r"\s+(AUTHORIZATION|QUOTA)\s.*$", re.IGNORECASE | re.DOTALL)
_TABLE_ENCODE = re.compile(r"\)\s*ENCODE\s+AUTO\b", re.IGNORECASE)
_SORTKEY_AUTO = re.compile(r"\)\s*SORTKEY\s+AUTO\b", re.IGNORECASE)


@dataclass(frozen=True)
class Statement:
    """One SQL statement: its text without the final semicolon, and its tokens."""

    text: str
    tokens: tuple[Token, ...]

    @property
    def verb(self) -> str:
        """The first word, upper case."""
        return self.tokens[0].text.upper()


def statement(text: str) -> Statement:
    """The one statement in `text`.

    Raises:
        SqlError: no statement, more than one, or text that has no end (a quote left open).
    """
    try:
        tokens = tokenize(text, read=DIALECT)
    except TokenError as error:
        raise SqlError(f"syntax error: {_first_line(error)}") from None
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise SqlError("syntax error: the statement is empty")
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise SqlError("cannot insert multiple commands into a prepared statement")
    return Statement(text[: tokens[-1].end + 1], tuple(tokens))


def tree(parsed: Statement) -> exp.Expr:
    """The syntax tree of a statement.

    Raises:
        SqlError: `syntax error ...`, with the place.
    """
    try:
        trees = parse(_parsable(parsed), read=DIALECT)
    except (ParseError, TokenError) as error:
        raise SqlError(f"syntax error: {_first_line(error)}") from None
    except TypeError:
        # Of sqlglot as it is compiled, where an operator has no operand.
        raise SqlError(f'syntax error at or near "{parsed.verb.lower()}"') from None
    root = trees[0] if trees else None
    if root is None or isinstance(root, (exp.Command, exp.Anonymous, exp.Alias, exp.Column)):
        raise SqlError(f'syntax error or unsupported statement at or near "{parsed.verb.lower()}"')
    return root


def _first_line(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    return text.rstrip(". ")


def _parsable(parsed: Statement) -> str:
    """The text without clauses that mean nothing here and that sqlglot cannot read."""
    if parsed.verb != "CREATE":
        return _renamed(parsed.text, parsed.tokens)
    if any(token.text.upper() == "SCHEMA" for token in parsed.tokens[1:2]):
        return _AUTHORIZATION.sub("", parsed.text)
    text = _renamed(parsed.text, parsed.tokens)
    text = _without(text, _column_keys(parsed.tokens))
    return _SORTKEY_AUTO.sub(")", _TABLE_ENCODE.sub(")", text))


def _renamed(text: str, tokens: Sequence[Token]) -> str:
    for name, parenthesis in pairwise(tokens):
        called = parenthesis.token_type is TokenType.L_PAREN
        if called and (other := _READ_AS.get(name.text.upper())):
            text = text[: name.start] + other + text[name.end + 1 :]
    return text


def _column_keys(tokens: Sequence[Token]) -> list[Token]:
    """`DISTKEY` and `SORTKEY` as attributes of a column: inside the parentheses, no argument."""
    found, depth = [], 0
    for place, token in enumerate(tokens):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if depth and token.text.upper() in _COLUMN_KEYS and _is_attribute(tokens, place):
            found.append(token)
    return found


def _is_attribute(tokens: Sequence[Token], place: int) -> bool:
    names = {TokenType.L_PAREN, TokenType.COMMA}
    before, after = tokens[place - 1].token_type, tokens[place + 1].token_type
    quoted = tokens[place].token_type is TokenType.IDENTIFIER
    return not quoted and before not in names and after is not TokenType.L_PAREN


def _without(text: str, tokens: Sequence[Token]) -> str:
    for token in reversed(tokens):
        text = text[: token.start] + text[token.end + 1 :]
    return text
