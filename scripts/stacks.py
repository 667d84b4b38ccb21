"""What the stacks declare, read from their files: functions, queues, tables. No packager needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parent.parent
#: In the order in which data passes them.
SERVICES: Final = ("scheduler", "fetcher", "writer", "transformer", "loader")
#: As serverless.yml writes the stage into a name.
STAGE: Final = "${sls:stage}"


@dataclass(frozen=True)
class Queue:
    """A queue with a function behind it, and a dead-letter queue."""

    service: str
    noun: str

    @property
    def name(self) -> str:
        """`connectwise-fetcher-jobs`, without its stage."""
        return f"connectwise-{self.service}-{self.noun}"

    @property
    def dead_letters(self) -> str:
        """`connectwise-fetcher-jobs-dlq`, without its stage."""
        return f"{self.name}-dlq"

    @property
    def short(self) -> str:
        """As `cwpipe` calls it."""
        return f"{self.service}-{self.noun}"


@dataclass(frozen=True)
class Function:
    """A Lambda function, its limits, and the queue it consumes."""

    service: str
    noun: str
    timeout_s: int
    memory_mb: int
    queue: Queue

    @property
    def name(self) -> str:
        """`connectwise-fetcher-${sls:stage}-fetch`: osls puts the stage inside."""
        return f"connectwise-{self.service}-{STAGE}-{self.noun}"

    @property
    def short(self) -> str:
        """As `cwpipe` calls it."""
        return f"{self.service}-{self.noun}"

    @property
    def log_group(self) -> str:
        """Where its lines go."""
        return f"/aws/lambda/{self.name}"


class _Tolerant(yaml.SafeLoader):
    """Reads a template without resolving it: `!GetAtt X.Arn` becomes `X.Arn`."""


def _as_written(loader: _Tolerant, _suffix: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    return None


_Tolerant.add_multi_constructor("!", _as_written)


@cache
def functions(service: str) -> tuple[Function, ...]:
    """A service's functions, in the order of its serverless.yml."""
    declared = read(ROOT / "services" / service / "serverless.yml")["functions"]
    return tuple(_function(service, noun, entry) for noun, entry in declared.items())


def all_functions() -> Iterator[Function]:
    """Every service's functions, in the order in which data passes them."""
    for service in SERVICES:
        yield from functions(service)


def all_queues() -> Iterator[Queue]:
    """Every function's queue, in the order in which data passes them."""
    return (function.queue for function in all_functions())


def tables() -> list[str]:
    """The names of all DynamoDB tables, with the stage as serverless.yml writes it."""
    files = [*ROOT.glob("services/*/resources/*.yml"), *ROOT.glob("shared/resources/*.yml")]
    return sorted(
        resource["Properties"]["TableName"]
        for path in files
        for resource in read(path).get("Resources", {}).values()
        if resource["Type"] == "AWS::DynamoDB::Table"
    )


def read(path: Path) -> dict[str, Any]:
    """A template's file."""
    found: dict[str, Any] = yaml.load(path.read_text(), _Tolerant)  # noqa: S506 - a SafeLoader
    return found


def _function(service: str, noun: str, entry: dict[str, Any]) -> Function:
    (event,) = entry["events"]
    queue = event["sqs"]["arn"].removesuffix("Queue.Arn").lower()
    return Function(service, noun, entry["timeout"], entry["memorySize"], Queue(service, queue))
