import json

import pytest

from cwp_loader.messages import StatementEnded, StatementName, Sweep, Wake, parse
from cwp_shared.errors import Terminal

LOAD_ID = "0123456789abcdef0123456789abcdef"
NAME = f"v1|acme|tickets|load|{LOAD_ID}"


def event(**detail: object) -> str:
    """As the Data API documents it, with fields that other guides leave out."""
    return json.dumps(
        {
            "version": "0",
            "detail-type": "Redshift Data Statement Status Change",
            "source": "aws.redshift-data",
            "account": "000000000000",
            "region": "us-east-1",
            "detail": {"principal": "arn:aws:sts::000000000000:assumed-role/x", **detail},
        }
    )


def test_the_end_of_our_statement() -> None:
    body = event(statementName=NAME, statementId="id-1", state="FINISHED", rows=1)
    message = parse(body)
    assert isinstance(message, StatementEnded)
    assert message.statement_id == "id-1"
    assert message.name.table == ("acme", "tickets")
    assert (message.name.kind, message.name.load_id) == ("load", LOAD_ID)
    assert str(message.name) == NAME


@pytest.mark.parametrize(
    "name",
    [
        "test.testtable",
        f"v2|acme|tickets|load|{LOAD_ID}",
        f"v1|acme|tickets|drop|{LOAD_ID}",
        f"v1|acme|tickets|{LOAD_ID}",
        f"v1|ACME|tickets|load|{LOAD_ID}",
        "v1|acme|tickets|load|short",
        "",
    ],
)
def test_statements_of_others_are_nothing_to_us(name: str) -> None:
    assert StatementName.parse(name) is None
    assert parse(event(statementName=name, statementId="id-1")) is None


def test_an_event_without_a_name_is_nothing_to_us() -> None:
    assert parse(event(statementId="id-1")) is None


def test_an_event_of_ours_without_an_id_is_a_dead_letter() -> None:
    with pytest.raises(Terminal, match="no statementId"):
        parse(event(statementName=NAME))


def test_sweeps_and_wakes() -> None:
    assert parse('{"sweep": true}') == Sweep()
    wake = Wake(tenant_id="acme", canonical_table="tickets", because="commit")
    assert parse(wake.body()) == wake
    assert wake.table == ("acme", "tickets")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("nonsense", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "neither"),
        ('{"sweep": false}', "neither"),
        ('{"wake": {"tenant_id": "ACME", "canonical_table": "tickets"}}', "not a valid Wake"),
        ('{"wake": 1}', "not a valid Wake"),
    ],
)
def test_anything_else_is_a_dead_letter_with_its_reason(body: str, reason: str) -> None:
    with pytest.raises(Terminal, match=reason):
        parse(body)
