"""What sqlglot reads, and DuckDB would run, and Redshift refuses."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from cwp_local.redshift.errors import SqlError

_TEXT = 'syntax error at or near "{}"'
#: Window functions that rank or look at neighbours; the others need a frame beside ORDER BY.
_FRAMELESS = (
    exp.CumeDist,
    exp.DenseRank,
    exp.Lag,
    exp.Lead,
    exp.Ntile,
    exp.PercentRank,
    exp.Rank,
    exp.RowNumber,
)
_JOINS = {"ANTI", "ASOF", "SEMI"}
#: Names that sqlglot takes as an alias where another engine has a kind of join.
_NO_ALIASES = {"anti", "asof", "positional", "semi"}
#: Operators that sqlglot reads as others, which Redshift has.
_NO_OPERATORS = {"==", "REGEXP", "RLIKE"}
#: Functions that sqlglot reads by rules of their own: functions.py does not see their names.
_NO_FUNCTIONS = {
    "ARGMAX",
    "ARGMIN",
    "ARG_MAX",
    "ARG_MIN",
    "IF",
    "JSON_AGG",
    "JSON_OBJECT",
    "JSON_OBJECTAGG",
    "JSON_VALUE",
    "MAX_BY",
    "MIN_BY",
    "OVERLAY",
    "SAFE_CAST",
    "STRING_AGG",
    "TRY_CONVERT",
}
#: Types that sqlglot takes for others, which Redshift has.
_NO_TYPES = {"BLOB", "DATETIME", "DOUBLE", "NUMBER", "STRING", "TINYINT"}
#: What a CREATE may say of a table or a view.
_PROPERTIES = (
    exp.BackupProperty,
    exp.DistKeyProperty,
    exp.DistStyleProperty,
    exp.LikeProperty,
    exp.MaterializedProperty,
    exp.SortKeyProperty,
    exp.TemporaryProperty,
)


def check_words(tokens: Sequence[Token]) -> None:
    """Refuse words of other engines that the syntax tree does not tell from Redshift's own.

    Raises:
        SqlError: as `check_strictly`.
    """
    for token, following in pairwise(tokens):
        if token.token_type in {TokenType.STRING, TokenType.IDENTIFIER}:
            continue
        word = token.text.upper()
        if word in _NO_OPERATORS:
            raise SqlError(_TEXT.format(token.text))
        if word in _NO_FUNCTIONS and following.token_type is TokenType.L_PAREN:
            raise SqlError(f"function {word.lower()}() does not exist")
        if word == "*" and following.text.upper() == "EXCEPT":
            raise SqlError(_TEXT.format("except"))
    for token in _types(tokens):
        if token.text.upper() in _NO_TYPES:
            raise SqlError(f'type "{token.text.lower()}" does not exist')


def _types(tokens: Sequence[Token]) -> Iterator[Token]:
    """The words where a type is named: in a cast, and in the definition of a column."""
    called, defines = [""], tokens[0].text.upper() in {"ALTER", "CREATE"}
    for earlier, before, token in zip(tokens, tokens[1:], tokens[2:], strict=False):
        first, second = earlier.text.upper(), before.text.upper()
        if second == "(":
            called.append(first)
        elif second == ")":
            called = called[:-1] or [""]
        defines = defines and second not in {"SELECT", "WITH"}
        casts = second == "::" or (second == "AS" and called[-1] in {"CAST", "TRY_CAST"})
        named = first in {"(", ",", "COLUMN"} or (first == "ADD" and second != "COLUMN")
        if casts or (defines and (named or second == "TYPE")):
            yield token


def check_strictly(tree: exp.Expr) -> None:
    """Refuse syntax of other engines, and what only Redshift is strict about.

    Raises:
        SqlError: in Redshift's words where they are known.
    """
    for node in tree.walk():
        for complaint in _RULES.get(type(node), _none)(node):
            raise SqlError(complaint)


def _none(_: exp.Expr) -> Iterator[str]:
    yield from ()


def _array(node: exp.Expr) -> Iterator[str]:
    if node.args.get("bracket_notation"):
        yield _TEXT.format("[")


def _aggregate(node: exp.Expr) -> Iterator[str]:
    if isinstance(node.this, exp.Order):
        yield _TEXT.format("order")


def _between(node: exp.Expr) -> Iterator[str]:
    if node.args.get("symmetric"):
        yield _TEXT.format("symmetric")


def _create(node: exp.Expr) -> Iterator[str]:
    kind, said = node.args["kind"], node.args.get("properties")
    if node.args.get("replace") and kind == "TABLE":
        yield _TEXT.format("table")
    for one in said.expressions if said and kind in {"TABLE", "VIEW"} else ():
        if not isinstance(one, _PROPERTIES):
            yield f"not supported in CREATE {kind}: {one.sql(dialect='redshift')}"


def _cte(node: exp.Expr) -> Iterator[str]:
    if node.args.get("materialized") is not None:
        yield _TEXT.format("materialized")


def _delete(node: exp.Expr) -> Iterator[str]:
    yield from _returning(node)
    if node.this and node.this.alias:
        yield _TEXT.format(node.this.alias)


def _distinct(node: exp.Expr) -> Iterator[str]:
    if node.args.get("on"):
        yield "SELECT DISTINCT ON is not supported"


def _insert(node: exp.Expr) -> Iterator[str]:
    for name, word in _NO_INSERT:
        if node.args.get(name):
            yield _TEXT.format(word)


_NO_INSERT = (
    ("alternative", "or"),
    ("by_name", "by"),
    ("conflict", "on"),
    ("overwrite", "overwrite"),
    ("returning", "returning"),
)


def _join(node: exp.Expr) -> Iterator[str]:
    for part in ("kind", "method", "side"):
        if (word := str(node.args.get(part) or "").upper()) in _JOINS:
            yield _TEXT.format(word.lower())


def _like(node: exp.Expr) -> Iterator[str]:
    if isinstance(node.expression, (exp.All, exp.Any)):
        yield _TEXT.format(node.expression.key)


def _limit(node: exp.Expr) -> Iterator[str]:
    if options := node.args.get("limit_options"):
        yield _TEXT.format("percent" if options.args.get("percent") else "with")


def _pivot(node: exp.Expr) -> Iterator[str]:
    if node.find(exp.Avg, exp.Median, exp.PercentileCont):
        yield "AVG in PIVOT is not supported by the local Redshift: group first, then pivot"


def _returning(node: exp.Expr) -> Iterator[str]:
    if node.args.get("returning"):
        yield _TEXT.format("returning")


def _select(node: exp.Expr) -> Iterator[str]:
    if node.args.get("windows"):
        yield _TEXT.format("window")


def _set_operation(node: exp.Expr) -> Iterator[str]:
    if node.args.get("by_name"):
        yield _TEXT.format("by")
    if not isinstance(node, exp.Union) and not node.args.get("distinct"):
        yield f"{node.key.upper()} ALL is not supported"


def _star(node: exp.Expr) -> Iterator[str]:
    for name in ("replace", "rename"):
        if node.args.get(name):
            yield _TEXT.format(name)


def _table(node: exp.Expr) -> Iterator[str]:
    if node.alias.lower() in _NO_ALIASES:
        yield _TEXT.format(node.alias.lower())


def _window(node: exp.Expr) -> Iterator[str]:
    inner = node.this
    while isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
        inner = inner.this
    if node.args.get("order") and not node.args.get("spec") and not isinstance(inner, _FRAMELESS):
        yield "Aggregate window functions with an ORDER BY clause require a frame clause"
    if isinstance(inner, exp.AggFunc) and isinstance(inner.this, exp.Distinct):
        yield "DISTINCT is not supported in a window function"


def _frame(node: exp.Expr) -> Iterator[str]:
    if (kind := str(node.args.get("kind")).upper()) != "ROWS":
        yield f"window frames count ROWS, not {kind}"
    if node.args.get("exclude"):
        yield _TEXT.format("exclude")


def _truncate(node: exp.Expr) -> Iterator[str]:
    if len(node.expressions) > 1:
        yield _TEXT.format(",")
    for name in ("identity", "option"):
        if word := node.args.get(name):
            yield _TEXT.format(str(word).lower())


def _always(complaint: str) -> Callable[[exp.Expr], Iterator[str]]:
    def rule(_: exp.Expr) -> Iterator[str]:
        yield complaint

    return rule


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], Iterator[str]]] = {
    exp.Array: _array,
    exp.Between: _between,
    exp.Collate: _always(_TEXT.format("collate")),
    exp.Create: _create,
    exp.CTE: _cte,
    exp.CurrentCatalog: _always('column "current_catalog" does not exist'),
    exp.Delete: _delete,
    exp.Distinct: _distinct,
    exp.Except: _set_operation,
    exp.Fetch: _always(_TEXT.format("fetch")),
    exp.Glob: _always(_TEXT.format("glob")),
    exp.ILike: _like,
    exp.Insert: _insert,
    exp.Intersect: _set_operation,
    exp.Join: _join,
    exp.Lateral: _always(_TEXT.format("lateral")),
    exp.Like: _like,
    exp.Limit: _limit,
    exp.Lock: _always(_TEXT.format("for")),
    exp.NullSafeEQ: _always(_TEXT.format("distinct")),
    exp.NullSafeNEQ: _always(_TEXT.format("distinct")),
    exp.Pivot: _pivot,
    exp.Select: _select,
    exp.Star: _star,
    exp.Table: _table,
    exp.TableSample: _always(_TEXT.format("sample")),
    exp.TruncateTable: _truncate,
    exp.Union: _set_operation,
    exp.Update: _returning,
    exp.Window: _window,
    exp.WindowSpec: _frame,
    **dict.fromkeys((exp.Avg, exp.Count, exp.GroupConcat, exp.Max, exp.Min, exp.Sum), _aggregate),
}
