"""What every command starts from: the stage, its clients, and where to print."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import cast

import typer
from rich.console import Console
from rich.markup import escape

from cwp_local.cloud.home import Home, find_root
from cwp_ops import counts, dead_letters, names, queue_depths
from cwp_ops.cloud_clients import Cloud, connect
from cwp_ops.dead_letters import DeadLetter, Peek
from cwp_ops.errors import OperatorError
from cwp_ops.mappings import canonical_tables
from cwp_ops.queue_depths import Depth
from cwp_ops.stores import Stores
from cwp_ops.tenants import Sites, TenantBook
from cwp_shared.settings import Stage

#: Width of printed tables where there is no terminal to ask.
_WIDTH_WITHOUT_TERMINAL = 140


def operator_of(context: typer.Context) -> "Operator":
    """The operator that the root command made."""
    return cast("Operator", context.obj)


def console(*, stderr: bool = False) -> Console:
    """A console; wide enough for tables where output goes to a file or pipe."""
    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made.width = _WIDTH_WITHOUT_TERMINAL
    return made


@dataclass(frozen=True)
class Operator:
    """One call of cwpipe."""

    stage: Stage
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    out: Console = field(default_factory=console)
    err: Console = field(default_factory=lambda: console(stderr=True))

    @cached_property
    def cloud(self) -> Cloud:
        """The stage's clients."""
        return connect(self.stage, self.environ)

    @cached_property
    def home(self) -> Home:
        """The embedded cloud.

        Raises:
            OperatorError: another stage than local was chosen.
        """
        if self.cloud.home is None:
            raise OperatorError(
                f"this command is for the embedded cloud; stage {self.stage} is on AWS"
            )
        return self.cloud.home

    @cached_property
    def root(self) -> Path:
        """The project."""
        return find_root(self.environ)

    @cached_property
    def stores(self) -> Stores:
        """What the services keep."""
        return Stores.of(self.cloud)

    @cached_property
    def canonical_tables(self) -> dict[str, tuple[str, ...]]:
        """Canonical tables by source table."""
        return canonical_tables(self.root)

    def check_canonical(self, table: str) -> None:
        """See that a mapping makes this table.

        Raises:
            OperatorError: none does; with the tables that there are.
        """
        tables = sorted(t for some in self.canonical_tables.values() for t in some)
        if table not in tables:
            raise OperatorError(
                f"there is no canonical table {table}; there are {', '.join(tables)}"
            )

    @cached_property
    def book(self) -> TenantBook:
        """The stage's tenants."""
        cloud = self.cloud
        return TenantBook(
            self.stage, cloud.table("TenantServices"), cloud.secrets, cloud.s3, cloud.bucket
        )

    @cached_property
    def sites(self) -> Sites:
        """The sites that the stage's tenants may have."""
        return Sites.of(self.stage, self.environ)

    @cached_property
    def peek(self) -> Peek:
        """Looks into queues without consuming."""
        if self.cloud.home:
            return dead_letters.peek_in_emulator(self.cloud.sqs, self.cloud.home.emulator_url)
        return dead_letters.peek_by_receiving(self.cloud.sqs)

    def depths(self) -> list[Depth]:
        """How full all queues are."""
        return queue_depths.depths(self.cloud.sqs, names.queues(self.stage))

    def letters(self) -> list[DeadLetter]:
        """The dead letters there are."""
        return dead_letters.letters(self.peek, self.depths())

    def current_rows(self, tenant_id: str) -> dict[str, int]:
        """Current rows of a tenant's warehouse tables."""
        return counts.current_rows(self.cloud.warehouse, tenant_id)

    def answer(self, told: object) -> None:
        """Print the answer as JSON."""
        self.out.print_json(json.dumps(told, default=str))

    def aside(self) -> "Operator":
        """The same call, whose words for people go where the answer does not."""
        return replace(self, out=self.err)

    def say(self, text: str) -> None:
        """What is being done; not part of the answer."""
        self.err.print(f"[dim]{escape(text)}[/dim]", soft_wrap=True)
