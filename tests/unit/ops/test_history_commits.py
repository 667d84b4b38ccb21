"""What the commits of a history say, read back by the operator's command."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from cwp_ops.errors import OperatorError
from cwp_ops.history_commits import canonical_keys, complaints, read_commits, stand
from tests.unit.transformer.fakes import World, ticket


class Bucket:
    def __init__(self, world: World) -> None:
        self._objects = world.lake.objects

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        return ((k, len(b)) for k, b in self._objects.items() if k.startswith(prefix))

    def texts(self, wanted: Iterable[str]) -> Iterator[str]:
        return (self._objects[key].decode() for key in wanted)


def commits(world: World) -> list[dict[str, Any]]:
    return read_commits(Bucket(world), "acme", "tickets")


def a_history() -> World:
    world = World()
    world.take([ticket(1, 10, summary="a"), ticket(1, 20, summary="b")])
    world.take([ticket(1, 30, summary="b")], run_id="run-2")
    world.take([ticket(1, 20, summary="a")], run_id="run-3")
    return world


def test_the_files_are_those_of_the_commits_in_order() -> None:
    world = a_history()
    named = [commit.canonical.key for commit in world.commits() if commit.canonical]
    assert canonical_keys(commits(world)) == named
    assert len(named) < len(world.commits())


def test_what_the_transformer_commits_adds_up() -> None:
    world = a_history()
    assert list(complaints(commits(world))) == []
    assert stand(commits(world)).versions == len(world.history())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"totals": {"versions": 7}}, "revision 3 has 7 versions"),
        ({"sequence": 9}, "revision 3 has sequence 9 after 1"),
        ({"revision": 4}, "revision 4 follows revision 2"),
    ],
)
def test_what_does_not_add_up_is_said(change: dict[str, Any], says: str) -> None:
    found = json.loads(json.dumps(commits(a_history())))
    found[-1] |= change
    assert any(text.startswith(says) for text in complaints(found))


def test_no_history_is_said_so() -> None:
    with pytest.raises(OperatorError, match=r"no history of acme\.tickets"):
        commits(World())
