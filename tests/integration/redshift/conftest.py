from collections.abc import Iterator

import pytest

from cwp_local.redshift.server import Parts
from tests.integration.redshift.servers import Api, serving
from tests.unit.local.redshift.fakes import FakeAnnouncer, FakeObjects


@pytest.fixture
def objects() -> FakeObjects:
    return FakeObjects()


@pytest.fixture
def announcer() -> FakeAnnouncer:
    return FakeAnnouncer()


@pytest.fixture
def api(objects: FakeObjects, announcer: FakeAnnouncer) -> Iterator[Api]:
    """A running stand-in with a warehouse in memory."""
    with serving(None, Parts(objects, announcer)) as endpoint:
        yield Api(endpoint)
