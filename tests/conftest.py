"""What several tiers share."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings

from tests.rendering import Template, render_all_stages, stacks

# How long an example takes is the machine's affair: a benchmark measures, a test does not.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _metrics_namespace() -> Iterator[None]:
    """As serverless.yml gives it to each function that counts something."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_METRICS_NAMESPACE", "connectwise-test")
        yield


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Template]:
    """Every (stack, stage), rendered once."""
    scratch = tmp_path_factory.mktemp("templates")
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(
            lambda item: render_all_stages(item[0], item[1], scratch), stacks().items()
        )
        return {key: template for part in parts for key, template in part.items()}
