from collections.abc import Iterator

import pytest

from cwp_local.sandbox.store import Store
from tests.unit.local.sandbox.made_up import Row, made_up_rows, made_up_store


class Rows(dict[str, list[Row]]):
    """Rows by table id, in order of id."""

    def __repr__(self) -> str:
        """Short, because hypothesis shows what a failed test was given."""
        return "Rows(...)"


@pytest.fixture(scope="package")
def rows() -> Rows:
    """Made-up rows of every table."""
    found = Rows()
    for table, row in made_up_rows():
        found.setdefault(table.id, []).append(row)
    return found


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A file that holds them."""
    store = made_up_store(tmp_path_factory.mktemp("made_up") / "company.sqlite")
    yield store
    store.close()
