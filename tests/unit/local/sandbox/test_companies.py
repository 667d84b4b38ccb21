from datetime import UTC, datetime
from pathlib import Path

import pytest

from cwp_local.sandbox.companies import (
    BadFileError,
    Companies,
    OtherSpecError,
    UnknownCompanyError,
)
from cwp_local.sandbox.models import ChangesAsked, CompanySpec
from tests.unit.local.sandbox.clients import SteppingClock


def spec(name: str = "Beta", **more: object) -> CompanySpec:
    return CompanySpec.model_validate({"company": name, "seed": 2, "tickets": 20, **more})


@pytest.fixture
def companies(tmp_path: Path) -> Companies:
    return Companies(tmp_path, SteppingClock())


def test_making_twice_gives_the_same_company(companies: Companies) -> None:
    first, made = companies.make(spec())
    again, made_again = companies.make(spec("BETA"))
    assert (made, made_again) == (True, False)
    assert again is first


def test_another_spec_is_refused(companies: Companies) -> None:
    companies.make(spec())
    with pytest.raises(OtherSpecError, match="'Beta' exists with seed 2, not 3; tickets 20, not 5"):
        companies.make(spec(seed=3, tickets=5))


def test_keys_differ_and_stay(companies: Companies, tmp_path: Path) -> None:
    one, _ = companies.make(spec("One"))
    two, _ = companies.make(spec("Two"))
    assert one.keys != two.keys
    companies.close()
    assert Companies(tmp_path, SteppingClock()).get("one").keys == one.keys


def test_rows_and_spec_survive_a_restart(companies: Companies, tmp_path: Path) -> None:
    state = companies.make(spec())[0].state()
    companies.close()
    assert Companies(tmp_path, SteppingClock()).get("Beta").state() == state


def test_the_reference_time_is_the_last_midnight_an_hour_past(tmp_path: Path) -> None:
    clock = SteppingClock(datetime(2026, 3, 2, 0, 59, tzinfo=UTC))
    company, _ = Companies(tmp_path, clock).make(spec())
    assert company.spec.reference_time == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_reference_time_can_be_given(companies: Companies) -> None:
    company, _ = companies.make(spec(reference_time="2026-11-01T12:00:00.7Z"))
    assert company.spec.reference_time == datetime(2026, 11, 1, 12, tzinfo=UTC)
    with pytest.raises(OtherSpecError, match="reference_time"):
        companies.make(spec(reference_time="2026-11-02T00:00:00Z"))
    assert companies.make(spec())[0] is company


def test_a_reference_time_in_the_last_hour_is_refused(companies: Companies) -> None:
    with pytest.raises(ValueError, match="is not an hour past"):
        companies.make(spec(reference_time="2026-11-23T08:00:00Z"))


def test_unknown_companies_are_told_apart(companies: Companies) -> None:
    with pytest.raises(UnknownCompanyError, match="no company 'x'; companies: none yet"):
        companies.get("x")
    companies.make(spec())
    with pytest.raises(UnknownCompanyError, match="companies: Beta"):
        companies.get("x")


def test_a_deleted_company_is_gone_and_can_be_made_anew(
    companies: Companies, tmp_path: Path
) -> None:
    companies.make(spec())
    companies.delete("beta")
    assert list(tmp_path.iterdir()) == []
    assert companies.find("Beta") is None
    assert companies.make(spec(seed=9))[1]


def test_a_file_half_written_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "beta.partial").write_text("half")
    assert list(Companies(tmp_path, SteppingClock())) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to look" * 9])
def test_a_strange_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "beta.sqlite3").write_bytes(content)
    with pytest.raises(BadFileError, match=r"beta\.sqlite3 is not a company file"):
        Companies(tmp_path, SteppingClock())


@pytest.mark.parametrize("name", ["", "../up", "a b", ".hidden", "a" * 65, "a+b"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="company"):
        spec(name)


def test_unknown_tables_are_named() -> None:
    with pytest.raises(ValueError, match="unknown table 'nonsense'; the sandbox has system_"):
        ChangesAsked.model_validate({"tables": ["nonsense"]})
