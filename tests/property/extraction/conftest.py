import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from cwp_local.sandbox.companies import Companies
from tests.property.extraction.walk import SPEC, make_small
from tests.unit.local.sandbox.clients import NOW


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one company, to be copied."""
    directory = tmp_path_factory.mktemp("made")
    companies = Companies(directory, lambda: NOW)
    companies.make(SPEC)
    companies.close()
    return directory


@pytest.fixture(scope="module")
def small() -> Iterator[None]:
    """Many pages and windows of few rows, and no log: it would be most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        logging.disable(logging.CRITICAL)
        yield
        logging.disable(logging.NOTSET)
