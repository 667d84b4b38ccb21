"""What a statement becomes: DuckDB's statements, a COPY, or nothing at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlglot import exp

from cwp_local.redshift.copy.command import CopyCommand, copy_command
from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import (
    alter,
    expressions,
    merge,
    names,
    operands,
    parse,
    rights,
    schemas,
    writes,
)
from cwp_local.redshift.sql.catalog import Context
from cwp_local.redshift.sql.functions import check_functions
from cwp_local.redshift.sql.labels import name_results
from cwp_local.redshift.sql.parameters import bind
from cwp_local.redshift.sql.strict import check_strictly, check_words

Gives = Literal["rows", "count", "nothing"]
Control = Literal["begin", "commit", "rollback"]


@dataclass(frozen=True)
class Plan:
    """DuckDB's statements in order, and what the last one gives back."""

    statements: tuple[str, ...]
    gives: Gives = "nothing"


_NOTHING = Plan(())

#: Statements that change nothing here: no statistics, no rights, no second writer to lock out.
_WITHOUT_EFFECT = {"ANALYZE", "COMMENT", "GRANT", "LOCK", "REVOKE", "VACUUM"}
_DEFINITIONS = {"ALTER", "CREATE", "DROP"}
#: What begins and ends a transaction; in a session that outlives its statements only.
_TRANSACTION: dict[str, Control] = {
    "ABORT": "rollback",
    "BEGIN": "begin",
    "COMMIT": "commit",
    "END": "commit",
    "ROLLBACK": "rollback",
    "START": "begin",
}
_OUTSIDE_TRANSACTIONS = {"VACUUM"}


def control_of(text: str) -> Control | None:
    """What a text does to a session's transaction, if it is about that at all."""
    try:
        statement = parse.statement(text)
    except SqlError:
        return None
    return _TRANSACTION.get(statement.verb)


def plan(text: str, parameters: Mapping[str, str], context: Context) -> Plan | CopyCommand:
    """How to run one statement.

    Raises:
        SqlError: Redshift would refuse it, or this stand-in does not have it; the text says which.
    """
    statement = parse.statement(text)
    verb = statement.verb
    if verb == "COPY":
        return copy_command(statement)
    _check_taken(statement, context)
    if verb in _WITHOUT_EFFECT:
        rights.check_named(statement, context)
        return _NOTHING
    if verb in _DEFINITIONS and rights.about_people(statement):
        return Plan(tuple(rights.change_people(statement, context)))
    if verb == "EXPLAIN":
        return _explain(statement, parameters, context)
    check_words(statement.tokens)
    tree = parse.tree(statement)
    check_strictly(tree)
    check_functions(tree, statement.text)
    name_results(tree, statement.text)
    return _translated(bind(tree, parameters), context)


def _check_taken(statement: parse.Statement, context: Context) -> None:
    """Refuse what is not taken here, or not now."""
    verb = statement.verb
    if verb in _TRANSACTION:
        raise SqlError(
            f"{verb} is not supported: a request of the Data API is a transaction of its own, "
            "but in a session"
        )
    if context.in_batch and verb in _OUTSIDE_TRANSACTIONS:
        raise SqlError(f"{verb} cannot run inside a transaction block")
    if verb in {"FROM", "TABLE"}:
        raise SqlError(f'syntax error at or near "{verb.lower()}"')
    last = [token.text.upper() for token in statement.tokens[-2:]]
    if verb == "MERGE" and last == ["REMOVE", "DUPLICATES"]:
        raise operands.refuse("MERGE ... REMOVE DUPLICATES")


def _translated(tree: exp.Expr, context: Context) -> Plan:
    for kind, translate in _TRANSLATORS:
        if isinstance(tree, kind):
            return translate(tree, context)
    raise SqlError(f"{tree.key.upper()} is not supported by the local Redshift")


def _query(tree: exp.Query, context: Context) -> Plan:
    if tree.find(exp.Into):
        raise SqlError("SELECT INTO is not supported by the local Redshift; use CREATE TABLE AS")
    return Plan((expressions.rewrite(tree, context).sql(dialect="duckdb", copy=False),), "rows")


def _explain(statement: parse.Statement, parameters: Mapping[str, str], context: Context) -> Plan:
    inner = plan(statement.text[len("EXPLAIN") :], parameters, context)
    if isinstance(inner, CopyCommand) or not inner.statements:
        raise SqlError("EXPLAIN takes a query, an INSERT, an UPDATE or a DELETE")
    return Plan((f"EXPLAIN {inner.statements[-1]}",), "rows")


def _truncate(tree: exp.TruncateTable, context: Context) -> Plan:
    if context.in_batch:
        raise SqlError(
            "TRUNCATE commits the transaction it runs in, so it cannot be part of a batch that is "
            "one transaction; use DELETE FROM"
        )
    table = names.existing(names.table_name(tree.expressions[0], context), context)
    return Plan((exp.Delete(this=table).sql(dialect="duckdb", copy=False),), "nothing")


def _count(write: Callable[[Any, Context], str]) -> Callable[[Any, Context], Plan]:
    return lambda tree, context: Plan((write(tree, context),), "count")


def _definition(define: Callable[[Any, Context], list[str]]) -> Callable[[Any, Context], Plan]:
    return lambda tree, context: Plan(tuple(define(tree, context)))


_TRANSLATORS: tuple[tuple[type[exp.Expr], Callable[[Any, Context], Plan]], ...] = (
    (exp.Query, _query),
    (exp.Insert, _count(writes.insert)),
    (exp.Update, _count(writes.update)),
    (exp.Delete, _count(writes.delete)),
    (exp.Merge, lambda tree, context: Plan(merge.merge(tree, context), "count")),
    (exp.Create, _definition(schemas.create)),
    (exp.Drop, _definition(schemas.drop)),
    (exp.Alter, _definition(alter.alter)),
    (exp.TruncateTable, _truncate),
)
