import json

from cwp_loader.manifest import manifest_text
from tests.unit.loader.fakes import commit


def test_each_file_is_mandatory_and_has_its_length() -> None:
    text = manifest_text("bucket", [commit(1), commit(2)])
    entries = json.loads(text)["entries"]
    assert entries[0] == {
        "url": f"s3://bucket/{commit(1).key}",
        "mandatory": True,
        "meta": {"content_length": 1001},
    }
    assert [entry["meta"]["content_length"] for entry in entries] == [1001, 1002]


def test_the_same_commits_give_the_same_bytes() -> None:
    assert manifest_text("b", [commit(1)]) == manifest_text("b", [commit(1)])
