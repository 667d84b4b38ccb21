"""Each template test runs for every stack and stage."""

import pytest

from tests.rendering import STAGES, Template, stacks


@pytest.fixture(params=sorted(stacks()))
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def template(templates: dict[tuple[str, str], Template], stack: str, stage: str) -> Template:
    return templates[stack, stage]
