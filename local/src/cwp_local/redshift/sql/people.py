"""Users, groups and roles: made, dropped, and looked up when a statement names one.

They are kept in the file, so they are as transactional as tables, but nothing follows from them:
nobody has rights here that others have not. Users of IAM (`IAM:...`, `IAMR:...`) are made when they
connect, and so are taken to be there.
"""

from collections.abc import Iterator, Sequence

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import WAREHOUSE, Context

#: What CREATE, ALTER and DROP may be of when it is about people.
KINDS = frozenset({"GROUP", "ROLE", "USER"})
#: Where they are kept: outside of all schemas that anybody sees.
TABLE = f'"{WAREHOUSE}"."main"."rs_people"'
_END = {"TO": frozenset({"WITH"}), "FROM": frozenset({"CASCADE", "FORCE", "RESTRICT"})}

Person = tuple[str, str]


def change(words: Sequence[str], context: Context) -> list[str]:
    """DuckDB's statements for a CREATE, ALTER or DROP of people, given word by word.

    Raises:
        SqlError: it is there already, or is not there.
    """
    verb, kind, *rest = words
    kind, verb = kind.upper(), verb.upper()
    if verb == "CREATE":
        return _created(kind, _name(rest), context)
    if verb == "ALTER":
        check(kind, _name(rest), context)
        return []
    names = [word.lower() for word in rest if word != "," and word.upper() not in _AFTER_DROP]
    if not ("IF" in map(str.upper, rest) and "EXISTS" in map(str.upper, rest)):
        for name in names:
            check(kind, name, context)
    return [_dropped(kind, name) for name in names if (kind, name) in context.catalog.people()]


_AFTER_DROP = frozenset({"CASCADE", "EXISTS", "FORCE", "IF", "RESTRICT"})


def check(kind: str, name: str, context: Context) -> None:
    """Refuse one who is not there.

    Raises:
        SqlError: as Redshift says it.
    """
    by_iam = kind == "USER" and name.partition(":")[0] in {"iam", "iamr"}
    if not by_iam and (kind, name) not in context.catalog.people():
        raise SqlError(f'{kind.lower()} "{name}" does not exist')


def check_grantees(words: Sequence[str], context: Context) -> None:
    """Refuse a GRANT, REVOKE or ALTER DEFAULT PRIVILEGES that names somebody who is not there.

    Raises:
        SqlError: as Redshift says it.
    """
    upper = [word.upper() for word in words]
    if upper[1:2] == ["ROLE"]:
        end = min((upper.index(word) for word in _END if word in upper), default=len(upper))
        for name in (word.lower() for word in words[2:end] if word != ","):
            check("ROLE", name, context)
    if upper[3:5] == ["FOR", "USER"]:
        check("USER", _name(words[5:]), context)
    for word, ends in _END.items():
        if word in upper:
            for kind, name in _people(words[upper.index(word) + 1 :], ends):
                check(kind, name, context)
            return


def _people(words: Sequence[str], ends: frozenset[str]) -> Iterator[Person]:
    kind = "USER"
    for word in words:
        if word.upper() in ends:
            return
        if word == ",":
            kind = "USER"
        elif word.upper() in KINDS:
            kind = word.upper()
        elif word.upper() != "PUBLIC":
            yield kind, word.lower()


def _created(kind: str, name: str, context: Context) -> list[str]:
    if (kind, name) in context.catalog.people():
        raise SqlError(f'{kind.lower()} "{name}" already exists')
    return [
        f"CREATE TABLE IF NOT EXISTS {TABLE} (kind VARCHAR, name VARCHAR)",
        f"INSERT INTO {TABLE} VALUES ('{kind}', {_literal(name)})",  # noqa: S608 - a literal
    ]


def _dropped(kind: str, name: str) -> str:
    return f"DELETE FROM {TABLE} WHERE kind = '{kind}' AND name = {_literal(name)}"  # noqa: S608 - a literal


def _name(words: Sequence[str]) -> str:
    if not words:
        raise SqlError("syntax error at end of input: expected a name")
    return words[0].lower()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
