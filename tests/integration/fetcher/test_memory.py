"""A page is streamed into memory once: a large one must not make the function die."""

import json
import tracemalloc
from collections.abc import Iterator

import pytest

from cwp_fetcher.rows import check_rows
from cwp_fetcher.without import without_sensitive
from cwp_shared.connectwise.transport import Transport, new_session
from cwp_shared.tables import LARGEST_PAGE
from tests.integration.fetcher.site import Site, serve

PAGE = json.dumps([{"id": n + 1, "text": f"{n:08d}" * 2_000} for n in range(LARGEST_PAGE)]).encode()


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(Site(script=lambda _path, _query: (200, {}, PAGE))) as served:
        yield served


@pytest.mark.parametrize(
    ("sensitive", "copies"),
    [
        pytest.param((), 1.2, id="none"),
        # Their names are looked for in a second copy, all in lower case.
        pytest.param(("portalPassword",), 2.2, id="names"),
    ],
)
def test_a_body_is_not_copied_on_its_way_to_landing(
    site: Site, sensitive: tuple[str, ...], copies: float
) -> None:
    with new_session() as session:
        tracemalloc.start()
        try:
            answer = Transport(session).get("GET page", site.url)
            rows = check_rows(answer.body, "GET page", 0, None, LARGEST_PAGE)
            landed = without_sensitive(rows.body, sensitive)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert landed == PAGE
    assert peak < copies * len(PAGE)
