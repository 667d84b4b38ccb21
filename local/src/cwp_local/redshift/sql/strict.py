"""What sqlglot reads, and DuckDB would run, and Redshift refuses."""

from collections.abc import Callable, Iterator

from sqlglot import exp

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


def _distinct(node: exp.Expr) -> Iterator[str]:
    if node.args.get("on"):
        yield "SELECT DISTINCT ON is not supported"


def _insert(node: exp.Expr) -> Iterator[str]:
    for name, word in (("alternative", "or"), ("conflict", "on"), ("returning", "returning")):
        if node.args.get(name):
            yield _TEXT.format(word)


def _join(node: exp.Expr) -> Iterator[str]:
    for part in ("kind", "method", "side"):
        if (word := str(node.args.get(part) or "").upper()) in _JOINS:
            yield _TEXT.format(word.lower())


def _pivot(node: exp.Expr) -> Iterator[str]:
    if node.find(exp.Avg, exp.Median, exp.PercentileCont):
        yield "AVG in PIVOT is not supported by the local Redshift: group first, then pivot"


def _returning(node: exp.Expr) -> Iterator[str]:
    if node.args.get("returning"):
        yield _TEXT.format("returning")


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


def _always(complaint: str) -> Callable[[exp.Expr], Iterator[str]]:
    def rule(_: exp.Expr) -> Iterator[str]:
        yield complaint

    return rule


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], Iterator[str]]] = {
    exp.Array: _array,
    exp.Delete: _returning,
    exp.Distinct: _distinct,
    exp.Insert: _insert,
    exp.Join: _join,
    exp.Lateral: _always(_TEXT.format("lateral")),
    exp.Pivot: _pivot,
    exp.Star: _star,
    exp.Table: _table,
    exp.TableSample: _always(_TEXT.format("sample")),
    exp.Update: _returning,
    exp.Window: _window,
}
