import pytest

from cwp_writer.settings import WriterSettings


def test_the_environment_is_read_and_what_is_missing_is_named() -> None:
    environment = {
        "STAGE": "dev",
        "BUS_NAME": "bus",
        "BUCKET_NAME": "lake",
        "QUEUE_URL": "queue",
        "DLQ_URL": "dead-letters",
    }
    assert WriterSettings.from_environment(environment).bucket_name == "lake"
    del environment["BUCKET_NAME"]
    with pytest.raises(RuntimeError, match="BUCKET_NAME"):
        WriterSettings.from_environment(environment)
