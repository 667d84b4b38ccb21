import pytest

from cwp_shared.catalogue import UnknownField, field_type


@pytest.mark.parametrize(
    ("entity", "path", "kind"),
    [
        ("/service/tickets", "summary", "string(100)"),
        ("/service/tickets", "company/id", "int"),
        ("/service/tickets", "customFields", "[]->CustomFieldValue"),
        ("/service/tickets", "_info/lastUpdated", "date-time"),
        ("/service/tickets", "status/Sort", "int"),
        ("/time/entries", "_info/chargeToMobileGuid", "string"),
    ],
)
def test_known_fields(entity: str, path: str, kind: str) -> None:
    assert field_type(entity, path) == kind


@pytest.mark.parametrize(
    ("entity", "path", "reason"),
    [
        ("/service/tickets", "sumary", "did you mean 'summary'?"),
        ("/service/tickets", "company/nmae", "CompanyReference has no field 'nmae'"),
        ("/service/tickets", "summary/id", "nothing can be named inside it"),
        ("/service/tickets", "customFields/value", "nothing can be named inside it"),
        ("/service/tickets", "_info/lastupdated", "no field 'lastupdated'; did you mean 'lastUp"),
        ("/service/tickets", "_info/sla_href", "there are lastUpdated, updatedBy, dateEntered, en"),
        ("/company/contacts", "status/Sort", "has no field 'status'"),
        ("/service/nothing", "id", "/service/nothing is not in the entity catalogue"),
    ],
)
def test_unknown_fields_say_where_the_path_goes_wrong(entity: str, path: str, reason: str) -> None:
    with pytest.raises(UnknownField) as caught:
        field_type(entity, path)
    assert reason in str(caught.value)
