"""Every `cwpipe` line in the documentation is one that the command takes today; `aws` lines too."""

import re
import shlex
from collections.abc import Iterator

import botocore.session
import pytest
from botocore import xform_name

from cwp_loader import messages
from tests.cwpipe_line import BLOCK, documented, take
from tests.rendering import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CASES = sorted(set(documented(PAGES)))


def test_pages_are_found() -> None:
    assert len(CASES) > 20
    assert any(page == "docs/runbooks/dead-letters.md" for page, _ in CASES)


@pytest.mark.parametrize(("page", "line"), CASES)
def test_documented_command_is_one(page: str, line: str) -> None:
    assert page
    take(line)


def aws_calls() -> Iterator[tuple[str, str]]:
    """Page and call, each of one line or of several in one pair of quotes."""
    for page in PAGES:
        for block in BLOCK.findall(page.read_text()):
            text = block.replace("\\\n", " ")
            for call in re.findall(r"""^aws (?:[^'"\n]|'[^']*'|"[^"]*")+""", text, re.MULTILINE):
                yield page.relative_to(ROOT).as_posix(), call


def check_call(line: str) -> None:
    """Whether AWS has such a call, with such options, by botocore's model of the service."""
    _, service, name, *options = shlex.split(line)
    model = botocore.session.get_session().get_service_model(service)
    (call,) = (one for one in model.operation_names if xform_name(one, "-") == name)
    shape = model.operation_model(call).input_shape
    known = {f"--{xform_name(member, '-')}" for member in (shape.members if shape else ())}
    assert {option for option in options if option.startswith("--")} <= known | {"--query"}


AWS_CALLS = sorted(set(aws_calls()))


@pytest.mark.parametrize(("page", "line"), AWS_CALLS)
def test_documented_call_of_aws_is_one(page: str, line: str) -> None:
    assert page
    check_call(line)


def test_messages_that_the_pages_send_are_read_by_the_loader() -> None:
    sent = [shlex.split(line)[-1] for _, line in AWS_CALLS if "send-message" in line]
    wakes = [messages.parse(body) for body in sent]
    table = {"tenant_id": "acme", "canonical_table": "tickets", "because": "operator"}
    assert messages.Wake.model_validate(table) in wakes
    assert messages.Wake.model_validate({**table, "reload_from": 17}) in wakes


@pytest.mark.parametrize("line", ["aws lambda frobnicate", "aws lambda get-account-settings --x y"])
def test_a_call_that_is_none_would_be_found(line: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        check_call(line)


@pytest.mark.parametrize(
    "line", ["cwpipe frobnicate", "cwpipe dlq replay --wholesale", "cwpipe status a b"]
)
def test_a_command_that_is_none_would_be_found(line: str) -> None:
    with pytest.raises(Exception, match=r"No such|unexpected extra"):
        take(line)
