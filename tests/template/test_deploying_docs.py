"""Every command line of docs/deploying.md is one that its tool takes today.

`cwpipe` lines of all pages are checked in tests/unit/ops/test_documented_commands.py.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.rendering import ROOT

PAGE = ROOT / "docs" / "deploying.md"
BLOCK = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: The AWS CLI's own, of every command.
GLOBAL = {"--output", "--profile", "--query", "--region"}

_OSLS = """
const commands = require('osls/lib/cli/commands-schema/aws-service');
const all = {};
for (const [name, schema] of commands) all[name] = Object.keys(schema.options || {});
console.log(JSON.stringify([all, Object.keys(commands.commonOptions)]));
"""


def lines() -> Iterator[str]:
    blocks = "\n".join(BLOCK.findall(PAGE.read_text())).replace("\\\n", " ")
    for line in filter(None, blocks.splitlines()):
        for command in line.split(" && "):
            yield " ".join(command.split())


LINES = sorted(set(lines()))


@cache
def osls() -> tuple[dict[str, list[str]], list[str]]:
    """Its commands with their options, and the options of all."""
    command = ["node", "-e", _OSLS]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    commands, common = json.loads(answer.stdout)
    return commands, common


@cache
def compose_help() -> str:
    command = ["npx", "--no-install", "osls-compose", "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def take_serverless(words: list[str]) -> None:
    commands, common = osls()
    name = " ".join(word for word in words if word.isalpha() and word != "dev")
    assert name in commands
    options = {word for word in words if word.startswith("--")}
    assert options <= {f"--{option}" for option in (*commands[name], *common)}


def take_compose(words: list[str]) -> None:
    assert re.search(rf"^\s*{words[0]}\s", compose_help(), re.MULTILINE), compose_help()
    assert words[1:] == ["--stage", "dev"]


def take_make(words: list[str]) -> None:
    subprocess.run(["make", "-n", *words], cwd=ROOT, check=True, capture_output=True)


def take_aws(words: list[str]) -> None:
    """The CLI makes its commands and options from the models that botocore has."""
    service, operation, *options = words
    model: Any = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    members = {f"--{xform_name(name, '-')}": name for name in (shape.members if shape else ())}
    given = {word for word in options if word.startswith("--")} - GLOBAL
    assert given <= members.keys()
    required = shape.required_members if shape else []
    assert {members[name] for name in given} >= set(required)


def take_cd(words: list[str]) -> None:
    assert (ROOT / words[0] / "serverless.yml").is_file()


def take(line: str) -> None:
    words = shlex.split(line)
    tool, rest = (words[1], words[2:]) if words[0] == "npx" else (words[0], words[1:])
    {
        "aws": take_aws,
        "cd": take_cd,
        "make": take_make,
        "osls-compose": take_compose,
        "serverless": take_serverless,
    }[tool](rest)


@pytest.mark.parametrize(
    "line", [line for line in LINES if not line.startswith((".venv/bin/cwpipe ", "export "))]
)
def test_a_documented_command_is_one(line: str) -> None:
    take(line)


@pytest.mark.parametrize(
    "line",
    [
        "aws iam create-policy --policy-name a",
        "aws iam create-policy --policy-name a --policy-document b --forcefully c",
        "cd services/nobody",
        "make deployment",
        "npx osls-compose undeploy --stage dev",
        "npx serverless deploy --stage dev --gently",
        "npx serverless undeploy --stage dev",
    ],
)
def test_a_command_that_is_none_would_be_found(line: str) -> None:
    with pytest.raises((AssertionError, KeyError, subprocess.CalledProcessError)):
        take(line)


def test_every_variable_of_the_configuration_is_explained() -> None:
    configured = "".join(path.read_text() for path in (ROOT / "config").glob("*.yml"))
    variables = set(re.findall(r"\$\{env:(\w+)", configured)) - {"CWPIPE_REDSHIFT_URL"}
    explained = re.findall(r"^\| (`[^|]*`) \|", PAGE.read_text(), re.MULTILINE)
    assert variables == set(re.findall(r"`([A-Z_]+)`", " ".join(explained)))
