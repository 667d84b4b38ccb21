import pytest

from cwp_local.sandbox.catalogue import Entity, UnknownNameError
from cwp_local.sandbox.tables import CONTACTS, TICKETS, TIME_ENTRIES


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("id", ("id",)),
        ("SUMMARY", ("summary",)),
        ("Board/Id", ("board", "id")),
        ("company/identifier", ("company", "identifier")),
        ("status/sort", ("status", "Sort")),
        ("priority/sort", ("priority", "sort")),
        ("lastUpdated", ("_info", "lastUpdated")),
        ("_info/lastupdated", ("_info", "lastUpdated")),
        ("dateEntered", ("_info", "dateEntered")),
        ("_info/updatedBy", ("_info", "updatedBy")),
        ("company", ("company",)),
    ],
)
def test_names_lead_to_values(name: str, path: tuple[str, ...]) -> None:
    assert TICKETS.entity.field(name).path == path


def test_a_field_of_the_row_wins_over_info() -> None:
    assert TIME_ENTRIES.entity.field("dateEntered").path == ("dateEntered",)


@pytest.mark.parametrize(
    "name",
    [
        "nonsense",
        "board/nonsense",
        "id/x",
        "updatedBy",  # only with _info/
        "_info",
        "_info/nonsense",
        "initialDescription",  # only a POST takes it
        "customFields",
        "customFields/caption",
        "board/_info/lastUpdated",
        "board/_info",
        "company/lastUpdated",
    ],
)
def test_other_names_are_unknown(name: str) -> None:
    with pytest.raises(UnknownNameError, match=name):
        TICKETS.entity.field(name)


def test_child_collections_are_not_addressable() -> None:
    with pytest.raises(UnknownNameError, match="types/name"):
        CONTACTS.entity.field("types/name")


def test_fields_of_list_elements() -> None:
    child = CONTACTS.entity.child("COMMUNICATIONITEMS/Type/Name")
    assert (child.collection, child.field.path) == ("communicationItems", ("type", "name"))
    assert CONTACTS.entity.child("customFields/value").field.kind == "object"


@pytest.mark.parametrize(
    "name", ["types", "types/x", "types/_info", "typeIds/id", "company/id", "", "x"]
)
def test_other_names_of_elements_are_unknown(name: str) -> None:
    with pytest.raises(UnknownNameError):
        CONTACTS.entity.child(name)


def test_enums_know_their_choices() -> None:
    assert Entity("/service/tickets").field("severity").choices == ("Low", "Medium", "High")


def test_text_knows_its_length() -> None:
    assert TICKETS.entity.field("summary").max_length == 100
    assert TICKETS.entity.field("resources").max_length is None
