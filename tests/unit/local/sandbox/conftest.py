import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cwp_local.sandbox.companies import Companies
from cwp_local.sandbox.models import CompanySpec
from tests.unit.local.sandbox.clients import Client, SteppingClock

SPEC = CompanySpec(company="Acme", seed=11, tickets=240)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one company, to be copied by whoever changes it."""
    directory = tmp_path_factory.mktemp("made")
    companies = Companies(directory, SteppingClock())
    companies.make(SPEC)
    companies.close()
    return directory


@pytest.fixture(scope="package")
def still(made: Path) -> Iterator[Client]:
    """A client of a company that no test changes."""
    clock = SteppingClock()
    companies = Companies(made, clock)
    yield Client(companies, companies.get("Acme"), clock)
    companies.close()


@pytest.fixture
def client(made: Path, tmp_path: Path) -> Iterator[Client]:
    """A client of a company of the test's own."""
    clock = SteppingClock()
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    companies = Companies(tmp_path, clock)
    yield Client(companies, companies.get("Acme"), clock)
    companies.close()


@pytest.fixture
def made_twice(made: Path, tmp_path: Path) -> Iterator[tuple[Client, Client]]:
    """Clients of two copies of the same company."""
    clients = []
    for name in ("first", "second"):
        shutil.copytree(made, tmp_path / name)
        companies = Companies(tmp_path / name, clock := SteppingClock())
        clients.append(Client(companies, companies.get("Acme"), clock))
    yield clients[0], clients[1]
    for client in clients:
        client.companies.close()
