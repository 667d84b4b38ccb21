"""Contracts: samples once written parse for ever, and the committed schemas are the models'."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from scripts import export_events_page
from scripts.export_schemas import TARGET, schemas

from cwp_shared.errors import Terminal
from cwp_shared.events import EVENTS, Message, PageJob, SyncRequested
from cwp_shared.events.envelope import parse_message

SAMPLES = Path(__file__).parent / "samples"
CONTRACTS: list[type[Message]] = [*EVENTS, PageJob]
MODELS = {model.__name__: model for model in CONTRACTS}


def sample_files() -> list[Path]:
    return sorted(SAMPLES.glob("*.json"))


def test_every_contract_has_a_sample() -> None:
    assert {path.name.split(".")[0] for path in sample_files()} == set(MODELS)


@pytest.mark.parametrize("path", sample_files(), ids=lambda path: path.stem)
def test_sample_is_read_and_written_back_with_all_it_says(path: Path) -> None:
    model = MODELS[path.name.split(".")[0]]
    detail = json.loads(path.read_text())
    assert _said_of(parse_message(detail, model).model_dump(mode="json"), detail) == detail


@pytest.mark.parametrize("path", sample_files(), ids=lambda path: path.stem)
def test_reader_ignores_what_it_does_not_know(path: Path) -> None:
    model = MODELS[path.name.split(".")[0]]
    detail = json.loads(path.read_text())
    assert parse_message({**detail, "added_later": 1}, model) == parse_message(detail, model)


@pytest.mark.parametrize("path", sample_files(), ids=lambda path: path.stem)
def test_reader_refuses_a_version_it_does_not_know(path: Path) -> None:
    model = MODELS[path.name.split(".")[0]]
    detail = json.loads(path.read_text())
    with pytest.raises(Terminal, match="version"):
        parse_message({**detail, "version": 2}, model)


@pytest.mark.parametrize("path", sample_files(), ids=lambda path: path.stem)
def test_sample_fits_its_committed_schema(path: Path) -> None:
    schema = json.loads((TARGET / f"{path.name.split('.')[0]}.v1.json").read_text())
    Draft202012Validator(schema).validate(json.loads(path.read_text()))


def test_committed_schemas_are_the_models() -> None:
    committed = {path.name: path.read_text() for path in TARGET.glob("*.json")}
    assert committed == schemas(), "run `make schemas` and review the change"


def _said_of(written: Any, sample: Any) -> Any:
    """`written` without the fields that were added to the contract after `sample`."""
    if isinstance(sample, dict):
        return {name: _said_of(written[name], value) for name, value in sample.items()}
    if isinstance(sample, list) and len(sample) == len(written):
        return [_said_of(one, other) for one, other in zip(written, sample, strict=True)]
    return written


def test_detail_types_are_unique_and_explicit() -> None:
    assert len({model.detail_type for model in EVENTS}) == len(EVENTS)
    for model in EVENTS:
        assert "detail_type" in vars(model)
        assert "source" in vars(model)


def test_error_names_the_field_and_never_echoes_the_value() -> None:
    with pytest.raises(Terminal) as caught:
        parse_message({"tenant_id": "s3cret value", "mode": "all"}, SyncRequested)
    assert "tenant_id" in str(caught.value)
    assert "mode" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_page_about_events_is_made_from_the_contracts() -> None:
    assert export_events_page.TARGET.read_text() == export_events_page.page(), "run: make schemas"


def test_the_page_about_events_names_who_takes_what() -> None:
    takers = export_events_page.consumers()
    assert takers["PageFetched"] == ["writer"]
    assert takers["CanonicalCommitted"] == ["loader"]
