import json
import time
from pathlib import Path
from typing import Any

import pytest

from cwp_local.cloud import crash
from cwp_local.cloud.home import Home, Ports

BUCKET = "000000000000/connectwise-local-000000000000"
DEPLOYMENT = "000000000000/connectwise-fetcher-local-serverlessdeploymentbuck1"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(root=tmp_path, path=tmp_path / "home", ports=Ports(1, 2, 3))
    home.make()
    (home.emulator / "scratch").mkdir()
    return home


def write(home: Home, name: str, text: str = "x") -> Path:
    path = home.emulator / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_an_emulator_that_ended_gracefully_left_no_pid_file(home: Home) -> None:
    assert not crash.crashed(home)
    write(home, "scratch/ministack-4566.pid")
    assert crash.crashed(home)


def test_objects_are_set_aside_and_put_back_with_their_versions(home: Home) -> None:
    write(home, f"objects/{BUCKET}/acme/raw/a.parquet", "data")
    write(home, f"objects/.versions/{BUCKET}/v1/acme/raw/a.parquet", "older")
    write(home, f"objects/{DEPLOYMENT}/state.zip")
    write(home, "scratch/ministack-4566.pid")

    crash.set_aside(home)
    assert crash.is_set_aside(home)
    assert not (home.emulator / "objects").exists()
    assert not crash.crashed(home)
    assert crash.recovery_due(home).exists()

    write(home, f"objects/{BUCKET}/.keep")  # the new, empty bucket of the next deployment
    crash.put_back(home)
    assert (home.emulator / f"objects/{BUCKET}/acme/raw/a.parquet").read_text() == "data"
    assert (home.emulator / f"objects/.versions/{BUCKET}/v1/acme/raw/a.parquet").exists()
    assert not (home.emulator / f"objects/{DEPLOYMENT}").exists()
    assert not crash.is_set_aside(home)


def test_a_second_crash_before_objects_are_back_keeps_the_first_ones(home: Home) -> None:
    write(home, f"objects/{BUCKET}/acme/raw/a.parquet", "data")
    crash.set_aside(home)
    write(home, f"objects/{BUCKET}/other", "made by the deployment in between")
    crash.set_aside(home)
    write(home, f"objects/{BUCKET}/.keep")
    crash.put_back(home)
    assert (home.emulator / f"objects/{BUCKET}/acme/raw/a.parquet").read_text() == "data"
    assert not (home.emulator / f"objects/{BUCKET}/other").exists()


def test_an_interrupted_putting_back_goes_on(home: Home) -> None:
    for name in ("a", "b"):
        write(home, f"objects/{BUCKET}/{name}", name)
    crash.set_aside(home)
    # One object was moved before the machine went down.
    target = home.emulator / f"objects/{BUCKET}/a"
    target.parent.mkdir(parents=True)
    (home.emulator / f"aside/{BUCKET}/a").rename(target)
    crash.put_back(home)
    assert {p.name for p in (home.emulator / f"objects/{BUCKET}").iterdir()} == {"a", "b"}


def test_of_the_saved_state_only_api_keys_outlive_a_crash(home: Home) -> None:
    for name in ("secretsmanager.json", "sqs.json", "lambda-blobs/code.zip"):
        write(home, f"state/{name}")
    crash.set_aside(home)
    assert [p.name for p in (home.emulator / "state").iterdir()] == ["secretsmanager.json"]


def test_loaded_state_is_forgotten_but_what_it_points_to_stays(home: Home) -> None:
    for name in ("secretsmanager.json", "sqs.json", "lambda-blobs/code.zip"):
        write(home, f"state/{name}")
    crash.forget_saved_state(home)
    left = sorted(p.name for p in (home.emulator / "state").iterdir())
    assert left == ["lambda-blobs", "secretsmanager.json"]


def saved_queues(**queues: list[dict[str, Any]]) -> str:
    data = {
        f"000000000000\x00us-east-1\x00'{name}'": {"name": name, "messages": messages}
        for name, messages in queues.items()
    }
    return json.dumps({"payload": {"queues": {"__account_region_scoped__": True, "data": data}}})


def test_messages_in_work_go_back_to_their_queue(home: Home) -> None:
    later = time.time() + 1800
    path = write(
        home,
        "state/sqs.json",
        saved_queues(
            jobs=[
                {"id": "in work", "receive_count": 2, "visible_at": later},
                {"id": "failed, waiting", "receive_count": 1, "visible_at": 5.0},
                {"id": "delayed", "receive_count": 0, "visible_at": later},
            ],
        ),
    )
    assert crash.release_in_flight(home) == 1
    saved = json.loads(path.read_text())["payload"]["queues"]["data"]
    in_work, waiting, delayed = next(iter(saved.values()))["messages"]
    assert in_work["visible_at"] <= time.time()
    assert in_work["receive_count"] == 1
    assert (waiting["receive_count"], waiting["visible_at"]) == (1, 5.0)
    assert delayed["visible_at"] == later


def test_dead_letters_stay_as_they_are(home: Home) -> None:
    text = saved_queues()
    saved = json.loads(text)
    saved["payload"]["queues"]["data"]["x"] = {
        "name": "connectwise-fetcher-jobs-dlq-local",
        "messages": [{"receive_count": 3, "visible_at": time.time() + 60}],
    }
    write(home, "state/sqs.json", json.dumps(saved))
    assert crash.release_in_flight(home) == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"payload": {"queues": []}}'])
def test_a_state_of_another_shape_is_left_alone(home: Home, text: str) -> None:
    path = write(home, "state/sqs.json", text)
    assert crash.release_in_flight(home) == 0
    assert path.read_text() == text
