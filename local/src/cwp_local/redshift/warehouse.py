"""The DuckDB file, and sessions on it: one per request, with temporary tables of its own.

The file is attached beside a database in memory that holds the functions and system views of
sql/system.sql, so the file has nothing but users' schemas. DuckDB may touch no other file and
load no extension: COPY hands it Arrow tables.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from cwp_local.redshift import errors
from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.results import ResultColumn, ResultSet, columns_of, read_result
from cwp_local.redshift.sql import people
from cwp_local.redshift.sql.catalog import SYSTEM, TEMPORARY, WAREHOUSE, Column, TableName, View
from cwp_local.redshift.sql.dependencies import LATE_BINDING
from cwp_local.redshift.sql.names import quoted
from cwp_local.redshift.sql.types import RedshiftType, from_duckdb, from_text

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # 7 / 2 is 3, as on Redshift; any division by zero is an error in DuckDB already.
    "integer_division": "true",
}

_ZONED = "timestamp with time zone"

_COLUMNS = """
select column_name, comment, data_type, is_nullable, column_default
from duckdb_columns() where database_name = ? and schema_name = ? and table_name = ?
order by column_index
"""

_VIEWS = """
select schema_name, view_name, sql, comment from duckdb_views()
where database_name = 'rs$warehouse' and not internal
order by schema_name, view_name
"""


_Columns = dict[TableName, tuple[Column, ...]]


class Warehouse:
    """One DuckDB file, held open by this process alone.

    Args:
        path: the file, made if missing; None for a warehouse in memory.

    Raises:
        RuntimeError: the file is in use or is not DuckDB's, with what to do.
    """

    def __init__(self, path: Path | None) -> None:
        self._columns: _Columns = {}
        self._root = duckdb.connect(":memory:", config=_CONFIG)
        self._root.execute(files("cwp_local.redshift.sql").joinpath("system.sql").read_text())
        try:
            self._attach(path)
        except duckdb.Error as error:
            self._root.close()
            raise RuntimeError(
                f"cannot open the warehouse {path}: {str(error).partition(chr(10))[0]} "
                "(is another process using it?)"
            ) from None
        self._root.execute("SET GLOBAL TimeZone = 'UTC'")
        self._root.execute("SET enable_external_access = false")
        # A table that is not there is no variable of this program.
        self._root.execute("SET python_enable_replacements = false")

    def _attach(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            spill = str(path) + ".tmp"
            self._root.execute(f"SET temp_directory = {_literal(spill)}")
        place = ":memory:" if path is None else str(path)
        self._root.execute(f'ATTACH {_literal(place)} AS "{WAREHOUSE}"')
        self._root.execute(f'CREATE SCHEMA IF NOT EXISTS "{WAREHOUSE}".public')

    def session(self, database: str) -> "Session":
        """A new session; close it to drop its temporary tables."""
        return Session(self._root.cursor(), database, self._columns)

    def close(self) -> None:
        """Write everything into the file itself and let go of it."""
        self._root.execute(f'CHECKPOINT "{WAREHOUSE}"')
        self._root.close()


@contextmanager
def _in_redshifts_words() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise errors.from_duckdb(error) from None


class Session:
    """One connection to the warehouse: a transaction at a time. Also the `Catalog` of its rules.

    Used by one thread, but for `interrupt`. `committed` are columns of permanent tables as they
    were last committed, shared by all sessions, for DuckDB takes its time to list them. What this
    transaction defines anew is looked up again, and forgotten there.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, database: str, committed: _Columns
    ) -> None:
        self._connection = connection
        self._committed = committed
        self._own: _Columns = {}
        self._defined: list[str] = []
        self._is_open = False
        self._lock = threading.Lock()
        self._closed = False
        connection.execute(f"SET search_path = '\"{WAREHOUSE}\".public,{SYSTEM}.main'")
        connection.execute(f"SET VARIABLE rs_database = {_literal(database)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._closed = True
            self._connection.close()

    def interrupt(self) -> None:
        """Stop what runs in the session, from another thread; nothing if it has ended."""
        with self._lock:
            if not self._closed:
                self._connection.interrupt()

    @_in_redshifts_words()
    def begin(self) -> None:
        """Open a transaction."""
        self._own.clear()
        self._connection.execute("BEGIN TRANSACTION")

    @_in_redshifts_words()
    def commit(self) -> None:
        """Make the transaction's work last."""
        self._connection.execute("COMMIT")
        self._forget_defined()

    def rollback(self) -> None:
        """Undo the transaction's work; nothing if a failed commit has undone it already."""
        with suppress(duckdb.TransactionException):
            self._connection.execute("ROLLBACK")
        self._own.clear()
        self._defined.clear()

    @property
    def is_open(self) -> bool:
        """Whether a transaction is under way that `control` began."""
        return self._is_open

    def control(self, what: str) -> None:
        """Begin or end a transaction that outlives the statement which does so.

        Raises:
            SqlError: it cannot be committed; then it is rolled back.
        """
        if what == "begin" and not self._is_open:
            self.begin()
        elif what == "commit" and self._is_open:
            self._is_open = False
            try:
                self.commit()
            except SqlError:
                self.rollback()
                raise
        elif what == "rollback" and self._is_open:
            self.rollback()
        self._is_open = what == "begin"

    @_in_redshifts_words()
    def run(self, statement: str) -> None:
        """Run a statement that gives nothing back, such as a definition."""
        self._connection.execute(statement)
        self._own.clear()
        if f'"{WAREHOUSE}"' in statement:
            self._defined.append(statement)
            self._forget(statement)

    def _forget(self, statement: str) -> None:
        for table in [known for known in self._committed if _defines(statement, known)]:
            del self._committed[table]

    def _forget_defined(self) -> None:
        # Once more: another session may have looked meanwhile, and seen what was before.
        for statement in self._defined:
            self._forget(statement)
        self._defined.clear()

    @_in_redshifts_words()
    def count(self, statement: str) -> int:
        """Run an INSERT, UPDATE or DELETE; the rows it changed."""
        row = self._connection.execute(statement).fetchone()
        return int(row[0]) if row else 0

    @_in_redshifts_words()
    def rows(self, query: str) -> ResultSet:
        """Run a query and read all of its result."""
        result = self._connection.execute(query)
        columns = columns_of(result)
        if any(column.type.name == _ZONED for column in columns):
            result = self._connection.execute(_zoned_as_text(query, columns))
        return read_result(result, columns)

    def offer(self, view: str, rows: pa.Table) -> None:
        """Have queries of this session find `rows` under the name `view`."""
        self._connection.register(view, rows)

    def insert_from(self, view: str, rows: pa.Table, statement: str) -> int:
        """Run `statement`, which reads `rows` under the name `view`; rows inserted."""
        self._connection.register(view, rows)
        try:
            return self.count(statement)
        finally:
            self._connection.unregister(view)

    def columns(self, table: TableName) -> tuple[Column, ...]:
        """See `Catalog.columns`."""
        if table.schema is None:
            temporary, public = (TableName(where, table.name) for where in ("pg_temp", "public"))
            return self.columns(temporary) or self.columns(public)
        defined = any(_defines(statement, table) for statement in self._defined)
        own = defined or table.schema == "pg_temp"
        known = self._own if own else self._committed
        if table not in known:
            known[table] = self._listed(table)
        return known[table]

    @_in_redshifts_words()
    def _listed(self, table: TableName) -> tuple[Column, ...]:
        temporary = table.schema == "pg_temp"
        place = [TEMPORARY, "main"] if temporary else [WAREHOUSE, table.schema]
        found = self._connection.execute(_COLUMNS, [*place, table.name]).fetchall()
        return tuple(
            Column(name, _type(comment, kept), nullable, default)
            for name, comment, kept, nullable, default in found
        )

    def has_schema(self, name: str) -> bool:
        """See `Catalog.has_schema`."""
        query = "SELECT 1 FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?"
        return self._connection.execute(query, [WAREHOUSE, name]).fetchone() is not None

    def views(self) -> tuple[View, ...]:
        """See `Catalog.views`."""
        found = self._connection.execute(_VIEWS).fetchall()
        return tuple(
            View(TableName(schema, name), query, late_binding=comment == LATE_BINDING)
            for schema, name, query, comment in found
        )

    @_in_redshifts_words()
    def people(self) -> frozenset[tuple[str, str]]:
        """See `Catalog.people`."""
        if not self._listed(TableName("main", "rs_people")):
            return frozenset()
        found = self._connection.execute(f"SELECT kind, name FROM {people.TABLE}").fetchall()  # noqa: S608 - a constant
        return frozenset((str(kind), str(name)) for kind, name in found)

    def complaint(self, query: str) -> str:
        """See `Catalog.complaint`."""
        try:
            # Bound, not run; and unlike a statement that fails it leaves the transaction alive.
            self._connection.sql(query)
        except duckdb.Error as error:
            return str(error)
        return ""

    @_in_redshifts_words()
    def longest_text(self, table: TableName, column: str) -> int:
        """See `Catalog.longest_text`."""
        name = f'"{WAREHOUSE}"."{table.schema or "public"}"."{table.name}"'
        query = f'SELECT coalesce(max(strlen("{column}")), 0) FROM {name}'  # noqa: S608 - names of the catalogue's own
        row = self._connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    @_in_redshifts_words()
    def result_columns(self, query: str) -> tuple[tuple[str, str], ...]:
        """See `Catalog.result_columns`."""
        found = self._connection.execute(f"DESCRIBE {query}").fetchall()
        return tuple((str(name).lower(), kind) for name, kind, *_ in found)


def _defines(statement: str, table: TableName) -> bool:
    """Whether a definition may have changed the table; it may be one that others go with."""
    return quoted(table.name) in statement or statement.startswith("DROP SCHEMA")


def _type(comment: str | None, kept: str) -> RedshiftType:
    """The declared type if the comment has one: the file may have been edited by others."""
    try:
        return from_text(comment or "")
    except ValueError:
        return from_duckdb(kept)


def _zoned_as_text(query: str, columns: Sequence[ResultColumn]) -> str:
    """The query with its TIMESTAMPTZ as text: DuckDB gives Python no such values without pytz."""
    labels = [f"c{place}" for place in range(len(columns))]
    values = (
        f"CAST({label} AS VARCHAR)" if column.type.name == _ZONED else label
        for label, column in zip(labels, columns, strict=True)
    )
    source = f"({query}) AS rs_result({', '.join(labels)})"
    return f"SELECT {', '.join(values)} FROM {source}"  # noqa: S608 - the caller's own query


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
