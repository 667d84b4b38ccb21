from pathlib import Path

import pytest

from cwp_local.cloud.fingerprint import of_sources

SETTINGS = {"redshift": "http://127.0.0.1:4590"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (
        "services/fetcher/serverless.yml",
        "services/fetcher/src/cwp_fetcher/handler.py",
        "shared/resources/bus.yml",
        "mappings/tickets.json",
        "config/local.yml",
        "config/prod.yml",
        "scripts/build_lambda.py",
        "serverless-compose.yml",
        "package-lock.json",
        "README.md",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def test_equal_sources_have_equal_fingerprints(root: Path) -> None:
    assert of_sources(root, SETTINGS) == of_sources(root, SETTINGS)


@pytest.mark.parametrize(
    "changed",
    [
        "services/fetcher/src/cwp_fetcher/handler.py",
        "shared/resources/bus.yml",
        "mappings/tickets.json",
        "mappings/new.json",
        "config/local.yml",
        "scripts/build_lambda.py",
        "serverless-compose.yml",
        "package-lock.json",
    ],
)
def test_whatever_ends_in_the_deployment_counts(root: Path, changed: str) -> None:
    before = of_sources(root, SETTINGS)
    (root / changed).write_text("something else")
    assert of_sources(root, SETTINGS) != before


@pytest.mark.parametrize(
    "generated",
    [
        "services/fetcher/.build/fetcher-local.zip",
        "services/fetcher/.serverless/state.json",
        "services/fetcher/src/cwp_fetcher/__pycache__/handler.pyc",
        "services/fetcher/README.md",
        "config/prod.yml",
        "README.md",
    ],
)
def test_what_is_generated_or_for_people_does_not(root: Path, generated: str) -> None:
    before = of_sources(root, SETTINGS)
    path = root / generated
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("something else")
    assert of_sources(root, SETTINGS) == before


def test_moving_a_file_counts(root: Path) -> None:
    before = of_sources(root, SETTINGS)
    (root / "mappings/tickets.json").rename(root / "mappings/ticket.json")
    assert of_sources(root, SETTINGS) != before


def test_other_endpoints_need_another_deployment(root: Path) -> None:
    assert of_sources(root, SETTINGS) != of_sources(root, {"redshift": "http://127.0.0.1:4591"})
