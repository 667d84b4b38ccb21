"""COPY as it is written: which table, which columns, which manifest, which options.

Read from tokens, because options may come in any order and an unknown one must be named.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot.tokenizer_core import Token, TokenType

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import TableName
from cwp_local.redshift.sql.parse import Statement

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_URL = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.+)")
_OTHER_FORMATS = {"AVRO", "CSV", "DELIMITER", "FIXEDWIDTH", "JSON", "ORC", "SHAPEFILE"}
_KEYS = {"ACCESS_KEY_ID", "CREDENTIALS", "SECRET_ACCESS_KEY", "SESSION_TOKEN"}


@dataclass
class CopyCommand:
    """`COPY table (columns) FROM 's3://bucket/key' ...`, checked.

    An empty column list means all columns in the table's order. `fill` takes files that lack the
    last columns, `serialize` makes SUPER of what the file has.
    """

    table: TableName
    columns: tuple[str, ...]
    bucket: str
    key: str
    role: str = ""
    manifest: bool = False
    parquet: bool = False
    fill: bool = False
    serialize: bool = False
    seen: set[str] = field(default_factory=set)


class _Reader:
    """The tokens of one statement, taken from the left."""

    def __init__(self, statement: Statement) -> None:
        self._tokens = statement.tokens
        self._place = 0

    @property
    def done(self) -> bool:
        return self._place >= len(self._tokens)

    def peek(self) -> str:
        return "" if self.done else self._tokens[self._place].text.upper()

    def take(self) -> Token:
        if self.done:
            raise SqlError("syntax error at end of COPY")
        self._place += 1
        return self._tokens[self._place - 1]

    def skip(self, *words: str) -> bool:
        """Take the next token if it is one of `words`."""
        if self.peek() in words:
            self._place += 1
            return True
        return False

    def string(self, what: str) -> str:
        token = self.take()
        if token.token_type is not TokenType.STRING:
            raise SqlError(f'syntax error at or near "{token.text}": expected {what}')
        return token.text

    def name(self) -> str:
        token = self.take()
        if token.token_type in {TokenType.STRING, TokenType.L_PAREN, TokenType.COMMA}:
            raise SqlError(f'syntax error at or near "{token.text}": expected a name')
        return token.text.lower()


def copy_command(statement: Statement) -> CopyCommand:
    """Read and check a COPY.

    Raises:
        SqlError: not a COPY that Redshift takes for Parquet, or one that only Redshift takes.
    """
    reader = _Reader(statement)
    reader.take()
    table = _table(reader)
    columns = _columns(reader)
    if not reader.skip("FROM"):
        raise SqlError(f'syntax error at or near "{reader.peek().lower()}": expected FROM')
    source = _URL.fullmatch(reader.string("the source, 's3://bucket/manifest'"))
    if not source:
        raise SqlError("COPY reads from S3 only: FROM 's3://bucket/key'")
    command = CopyCommand(table, columns, source["bucket"], source["key"])
    while not reader.done:
        _option(reader, command)
    return _complete(command)


def _table(reader: _Reader) -> TableName:
    first = reader.name()
    return TableName(first, reader.name()) if reader.skip(".") else TableName(None, first)


def _columns(reader: _Reader) -> tuple[str, ...]:
    if not reader.skip("("):
        return ()
    columns = [reader.name()]
    while reader.skip(","):
        columns.append(reader.name())
    if not reader.skip(")"):
        raise SqlError(f'syntax error at or near "{reader.peek().lower()}": expected )')
    if repeated := [name for name in columns if columns.count(name) > 1]:
        raise SqlError(f'column "{repeated[0]}" specified more than once')
    return tuple(columns)


def _option(reader: _Reader, command: CopyCommand) -> None:
    word = reader.take().text.upper()
    if word in {"FORMAT", "AS"}:
        return
    if word in _KEYS:
        # The statement may hold a secret: nothing of it is repeated.
        raise SqlError("the local Redshift takes IAM_ROLE only, no access keys in a COPY")
    if word in _OTHER_FORMATS:
        raise SqlError(f"the local Redshift copies PARQUET only, not {word}")
    if word == "EXPLICIT_IDS":
        raise SqlError("EXPLICIT_IDS is not supported by the local Redshift: it has no IDENTITY")
    take = _OPTIONS.get(word)
    if take is None:
        raise SqlError(f"{word} argument is not supported for PARQUET based COPY")
    if word in command.seen:
        raise SqlError(f"{word} is specified more than once")
    command.seen.add(word)
    take(reader, command)


def _iam_role(reader: _Reader, command: CopyCommand) -> None:
    if reader.skip("DEFAULT"):
        command.role = "default"
        return
    command.role = reader.string("the ARN of a role, or DEFAULT")
    if not _ROLE.fullmatch(command.role):
        raise SqlError(f"Invalid IAM_ROLE '{command.role}': expected arn:aws:iam::<account>:role/…")


def _flag(name: str) -> Callable[[_Reader, CopyCommand], None]:
    return lambda _reader, command: setattr(command, name, True)


def _ignored(reader: _Reader, _: CopyCommand) -> None:
    reader.skip("ON", "OFF", "TRUE", "FALSE")


_OPTIONS: dict[str, Callable[[_Reader, CopyCommand], None]] = {
    "ACCEPTINVCHARS": _ignored,
    "FILLRECORD": _flag("fill"),
    "IAM_ROLE": _iam_role,
    "MANIFEST": _flag("manifest"),
    "PARQUET": _flag("parquet"),
    "SERIALIZETOJSON": _flag("serialize"),
    "STATUPDATE": _ignored,
}


def _complete(command: CopyCommand) -> CopyCommand:
    if not command.role:
        raise SqlError("COPY needs credentials: IAM_ROLE 'arn:aws:iam::<account>:role/<name>'")
    if not command.parquet:
        raise SqlError("the local Redshift copies FORMAT AS PARQUET only")
    if not command.manifest:
        raise SqlError("the local Redshift copies by MANIFEST only")
    return command
