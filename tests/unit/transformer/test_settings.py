from pathlib import Path

import pytest

from cwp_transformer.settings import TransformerSettings

ENVIRONMENT = {
    "STAGE": "local",
    "BUS_NAME": "bus",
    "BUCKET_NAME": "bucket",
    "QUEUE_URL": "https://queue",
    "DLQ_URL": "https://dlq",
    "CANONICAL_STATE_TABLE": "CanonicalState-local",
}


def test_mappings_lie_above_the_package_or_where_the_environment_says(tmp_path: Path) -> None:
    settings = TransformerSettings.from_environment(ENVIRONMENT)
    assert (settings.find_mappings() / "tickets.json").is_file()
    (tmp_path / "mappings").mkdir()
    assert settings.find_mappings(tmp_path / "cwp_transformer") == tmp_path / "mappings"
    assert settings.find_mappings(Path("/nowhere/cwp_transformer")) == Path("/nowhere/mappings")
    named = TransformerSettings.from_environment(ENVIRONMENT | {"MAPPINGS_DIR": "/elsewhere"})
    assert named.find_mappings() == Path("/elsewhere")


@pytest.mark.parametrize("missing", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named(missing: str) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != missing}
    with pytest.raises(RuntimeError, match=missing):
        TransformerSettings.from_environment(environment)
