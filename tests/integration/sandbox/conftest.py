from collections.abc import Iterator

import pytest
import requests

from cwp_local.sandbox.control import SandboxControl
from cwp_local.sandbox.models import CompanyAccess
from tests.integration.sandbox.processes import Running, running


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def control(server: Running) -> SandboxControl:
    return server.control


@pytest.fixture(scope="package")
def access(control: SandboxControl) -> CompanyAccess:
    return control.make_company("Acme", seed=4, tickets=300)


@pytest.fixture
def session(access: CompanyAccess) -> Iterator[requests.Session]:
    with session_for(access) as session:
        yield session


def session_for(access: CompanyAccess) -> requests.Session:
    session = requests.Session()
    user = f"{access.company}+{access.public_key.get_secret_value()}"
    session.auth = (user, access.private_key.get_secret_value())
    session.headers["clientId"] = access.client_id.get_secret_value()
    return session
