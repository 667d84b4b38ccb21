import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from cwp_ops import main
from cwp_ops.context import Operator
from cwp_ops.errors import OperatorError
from cwp_ops.rebuilding import Rebuilder
from cwp_shared.events import RebuildRequested
from tests.unit.ops.fakes import FakeBus

NOW = datetime(2026, 11, 26, tzinfo=UTC)
STATE = "acme/state/tickets"


@dataclass
class Texts:
    objects: dict[str, str] = field(default_factory=dict)

    def text(self, key: str) -> str | None:
        return self.objects.get(key)


def test_it_waits_for_the_commit_of_its_own_rebuild() -> None:
    bus, texts, naps = FakeBus(), Texts(), []
    commit = {"sequence": 7, "canonical": None}

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        (request,) = bus.published
        assert isinstance(request, RebuildRequested)
        assert request.rebuild_id.startswith("20261126T000000000000Z-")
        texts.objects[f"{STATE}/rebuilds/{request.rebuild_id}/done"] = "12"
        texts.objects[f"{STATE}/commits/000000000012.json"] = json.dumps(commit)

    rebuilder = Rebuilder(texts, bus, lambda: NOW, sleep)
    assert rebuilder.rebuild("acme", "tickets", patience_s=60) == commit
    assert len(naps) == 1


def test_a_rebuild_that_takes_long_goes_on_by_itself() -> None:
    rebuilder = Rebuilder(Texts(), FakeBus(), lambda: NOW, lambda _: None)
    with pytest.raises(OperatorError, match=r"of acme.tickets is not done after 10 s"):
        rebuilder.rebuild("acme", "tickets", patience_s=10)


@pytest.mark.parametrize("rows", [0, 97])
def test_rows_that_the_mapping_does_not_take_are_told(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    commit = {"sequence": 7, "canonical": None, "tally": {"quarantined": rows}}
    monkeypatch.setattr(Operator, "book", {"acme": "a tenant"})
    monkeypatch.setattr(
        "cwp_ops.commands.rebuild.rebuilder",
        lambda _: SimpleNamespace(rebuild=lambda *_: commit),
    )
    answer = CliRunner().invoke(main.app, ["rebuild", "acme", "tickets"])
    assert answer.exit_code == 0
    assert ("97 rows do not fit" in answer.output) == bool(rows)
    assert ("`cwpipe quarantine list acme` says why" in answer.output) == bool(rows)
