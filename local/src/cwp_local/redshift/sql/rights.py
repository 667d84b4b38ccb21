"""GRANT, REVOKE and their like: checked for what and whom they name, and then without effect.

Nobody has rights here that others have not, so nothing is kept of them.
"""

from collections.abc import Iterator, Sequence

from sqlglot.tokenizer_core import Token, TokenType

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import people
from cwp_local.redshift.sql.catalog import Context, TableName
from cwp_local.redshift.sql.parse import Statement
from cwp_local.redshift.sql.parse import statement as parse_statement

_END = {"GRANT": "TO", "REVOKE": "FROM"}
#: Around the tables of LOCK, ANALYZE and VACUUM.
_WORDS_BEFORE = frozenset({"BOOST", "COMPRESSION", "DELETE", "FULL", "ONLY", "RECLUSTER"}) | {
    "REINDEX",
    "SORT",
    "TABLE",
    "VERBOSE",
}
_WORDS_AFTER = frozenset({"IN", "IS", "PREDICATE", "TO"})


def about_people(statement: Statement) -> bool:
    """Whether a CREATE, ALTER or DROP makes or changes people, or default privileges."""
    words = [token.text.upper() for token in statement.tokens[1:3]]
    return words == ["DEFAULT", "PRIVILEGES"] or not people.KINDS.isdisjoint(words[:1])


def change_people(statement: Statement, context: Context) -> list[str]:
    """DuckDB's statements for what `about_people` found.

    Raises:
        SqlError: as Redshift says it.
    """
    words = [token.text for token in _tokens(statement)]
    if words[1].upper() == "DEFAULT":
        people.check_grantees(words, context)
        return []
    return people.change(words, context)


def check_named(statement: Statement, context: Context) -> None:
    """Refuse a GRANT or REVOKE, COMMENT, LOCK, ANALYZE or VACUUM of what is not there.

    Raises:
        SqlError: as Redshift says it.
    """
    tokens = _tokens(statement)
    words = [token.text for token in tokens]
    upper = [word.upper() for word in words]
    if end := _END.get(statement.verb):
        _check_grant(words, upper, end, context)
        people.check_grantees(words, context)
    else:
        place = _place_of_table(statement.verb, upper)
        if place is not None:
            _check_tables(_listed(tokens[place:]), context)


def _tokens(statement: Statement) -> tuple[Token, ...]:
    """Its words; sqlglot gives all that follows some verbs as one string."""
    verb, *rest = statement.tokens
    if len(rest) == 1 and rest[0].token_type is TokenType.STRING:
        return verb, *parse_statement(rest[0].text).tokens
    return statement.tokens


def _check_grant(words: list[str], upper: list[str], end: str, context: Context) -> None:
    if end not in upper:
        raise SqlError(f"syntax error at end of input: expected {end}")
    if "ON" not in upper[: upper.index(end)]:
        return
    named = words[upper.index("ON") + 1 : upper.index(end)]
    if not named:
        raise SqlError(f'syntax error at or near "{end.lower()}": expected a name')
    kind = named[0].upper()
    if kind in {"SCHEMA", "ALL"}:
        _check_schemas(named[named.index(_word(named, "SCHEMA")) + 1 :], context)
    elif kind not in {"DATABASE", "FUNCTION", "PROCEDURE"}:
        _check_tables(_names(named[1:] if kind == "TABLE" else named), context)


def _word(words: list[str], wanted: str) -> str:
    for word in words:
        if word.upper() == wanted:
            return word
    raise SqlError(f'syntax error at or near "{words[0].lower()}": expected {wanted}')


def _check_schemas(words: list[str], context: Context) -> None:
    for name in (word.lower() for word in words if word != ","):
        if not context.catalog.has_schema(name):
            raise SqlError(f'schema "{name}" does not exist')


def _check_tables(tables: Iterator[TableName], context: Context) -> None:
    for table in tables:
        if not context.catalog.columns(table):
            raise SqlError(f'relation "{table}" does not exist')


def _place_of_table(verb: str, upper: list[str]) -> int | None:
    """Where the table's name begins, if the statement names one."""
    if verb == "COMMENT":
        return 3 if upper[1:3] == ["ON", "TABLE"] else None
    place = 1
    while place < len(upper) and upper[place] in _WORDS_BEFORE:
        place += 1
    return place if place < len(upper) and upper[place] != "TO" else None


def _listed(tokens: Sequence[Token]) -> Iterator[TableName]:
    """The tables up to a list of columns or whatever else follows them."""
    words = []
    for token in tokens:
        ends = token.token_type in {TokenType.L_PAREN, TokenType.STRING}
        if ends or token.text.upper() in _WORDS_AFTER:
            break
        words.append(token.text)
    return _names(words)


def _names(words: Sequence[str]) -> Iterator[TableName]:
    parts: list[str] = []
    for word in [*words, ","]:
        if word == "," and parts:
            yield TableName(parts[-2] if len(parts) > 1 else None, parts[-1])
            parts = []
        elif word not in {".", ","}:
            parts.append(word.lower())
