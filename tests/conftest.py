"""What several tiers share."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.rendering import Template, render_all_stages, stacks


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Template]:
    """Every (stack, stage), rendered once."""
    scratch = tmp_path_factory.mktemp("templates")
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(
            lambda item: render_all_stages(item[0], item[1], scratch), stacks().items()
        )
        return {key: template for part in parts for key, template in part.items()}
