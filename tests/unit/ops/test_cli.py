import getpass
import io
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import typer
import typer.core
import typer.main
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner

from cwp_local.cloud.errors import CloudError
from cwp_ops import main
from cwp_ops.commands.tenants import KEY_VARIABLES, ask_keys
from cwp_ops.context import Operator
from cwp_ops.errors import OperatorError
from tests.unit.ops.fakes import refused

#: Commands that answer nothing, and why.
WITHOUT_JSON = {
    "sandbox serve": "is a server: it writes its log until Ctrl-C",
}


def walk(command: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Every command under a group, by what a person types."""
    if not isinstance(command, typer.core.TyperGroup):
        yield " ".join(path), command
        return
    for name, under in command.commands.items():
        yield from walk(under, *path, name)


COMMANDS = dict(walk(typer.main.get_command(main.app)))


def test_commands_are_found() -> None:
    assert len(COMMANDS) > 50
    assert {"status", "dlq replay", "sandbox weather set"} <= set(COMMANDS)
    assert set(WITHOUT_JSON) <= set(COMMANDS)


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - set(WITHOUT_JSON)))
def test_every_command_answers_in_json(command: str) -> None:
    options = {option for parameter in COMMANDS[command].params for option in parameter.opts}
    assert "--json" in options


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_helps_with_an_example(command: str) -> None:
    answer = CliRunner().invoke(main.app, [*command.split(), "--help"])
    assert answer.exit_code == 0
    assert re.search(f"Examples?: cwpipe {command}", answer.output)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_help_says_what_each_word_is_and_nothing_of_it_is_left_out(command: str) -> None:
    found = COMMANDS[command]
    texts = {"itself": found.help, **{one.name: one.help for one in found.params}}
    assert [name for name, text in texts.items() if not text] == []
    # Taken for a tag of HTML, which is not shown.
    assert [name for name, text in texts.items() if "<" in text] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["status", "a", "b"],
        ["sync"],
        ["tenants", "add", "acme"],
        ["sandbox", "change", "acme"],
        ["sandbox", "weather", "set", "acme"],
        ["sandbox", "weather", "set", "acme", "--fail", "200"],
        ["tenants", "add", "acme", "--cadence", "0"],
        ["warehouse", "fault", "refuse", "--error", "Nonsense"],
        ["warehouse", "fault", "wait"],
    ],
)
def test_wrong_usage_ends_with_two(arguments: list[str]) -> None:
    assert CliRunner().invoke(main.app, arguments).exit_code == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperatorError("no tenant [x]"), "no tenant [x]"),
        (CloudError("port 1 is taken"), "port 1 is taken"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "start it with `cwpipe up`"),
        (refused("ResourceNotFoundException"), "not (fully) deployed"),
        (refused("AccessDenied"), "AWS refused"),
    ],
)
def test_an_error_is_one_sentence_and_ends_with_one(
    error: Exception,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "app", fail)
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert ended.value.code == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_what_a_terminal_does_not_take_is_written_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dead letters and log lines hold what anybody sent: halves of a pair of surrogates, too."""
    written = io.BytesIO()
    terminal = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr(main, "app", lambda: operator().out.print("a\ud800b"))
    main.run()
    assert written.getvalue() == b"a\\ud800b\n"


def test_aws_is_asked_in_the_region_that_deployments_go_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """osls and the AWS CLI go by AWS_REGION; boto3 by itself does not."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert Operator("dev", {"AWS_REGION": "eu-west-1"}).cloud.session.region_name == "eu-west-1"
    assert Operator("dev", {}).cloud.session.region_name == "us-east-1"


def operator(**environ: str) -> Operator:
    return Operator("local", environ)


def test_scripts_give_keys_in_the_environment() -> None:
    given = {variable: f"{name}-value" for name, (variable, _) in KEY_VARIABLES.items()}
    keys = ask_keys(operator(**given))
    assert keys.private_key.get_secret_value() == "private_key-value"
    assert "value" not in repr(keys)


def test_people_type_keys_without_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return f" {prompt} "

    monkeypatch.setattr(getpass, "getpass", typed)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    keys = ask_keys(operator())
    assert asked == ["Public key: ", "Private key: ", "Client id: "]
    assert keys.client_id.get_secret_value() == "Client id:"


def test_an_empty_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda _: "")
    with pytest.raises(OperatorError, match="the private key and the client id must not be empty"):
        ask_keys(operator(CWPIPE_PUBLIC_KEY="x"))


def test_without_a_terminal_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(OperatorError, match="set CWPIPE_PUBLIC_KEY"):
        ask_keys(operator())


def test_commands_of_the_embedded_cloud_refuse_other_stages() -> None:
    with pytest.raises(OperatorError, match="stage dev is on AWS"):
        _ = Operator("dev", {"AWS_DEFAULT_REGION": "us-east-1"}).home


def test_resetting_asks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("it did not wait for the answer")

    monkeypatch.setattr("cwp_local.cloud.cloud.wipe", never)
    answer = CliRunner().invoke(main.app, ["reset"], input="n\n")
    assert answer.exit_code == 1
    assert "Delete everything in" in answer.output


def test_removing_a_company_of_the_sandbox_asks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    deleted: list[str] = []
    control = SimpleNamespace(delete_company=deleted.append)
    monkeypatch.setattr("cwp_ops.commands.sandbox.control_of", lambda _: control)
    said_no = CliRunner().invoke(main.app, ["sandbox", "remove", "demo"], input="n\n")
    assert (said_no.exit_code, deleted) == (1, [])
    assert "Delete company demo" in said_no.output
    said_yes = CliRunner().invoke(main.app, ["sandbox", "remove", "demo"], input="y\n")
    assert (said_yes.exit_code, deleted) == (0, ["demo"])


def test_a_typer_app_is_what_main_runs() -> None:
    assert isinstance(main.app, typer.Typer)
