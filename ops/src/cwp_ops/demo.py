"""The demo: two tenants through five services into a warehouse, changed, synced again, proven."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from rich.markup import escape

from cwp_local.sandbox.models import ChangesPlayed
from cwp_ops import demo_checks, demo_report
from cwp_ops.commands.cloud import bring_up
from cwp_ops.commands.sync import follow, report, wanted_of
from cwp_ops.commands.tenants import add_on_sandbox
from cwp_ops.context import Operator
from cwp_ops.demo_checks import TableCount
from cwp_ops.follow import Tracked
from cwp_ops.mappings import key_columns
from cwp_ops.queue_depths import wait_until_empty
from cwp_ops.sandbox_side import change, counts
from cwp_ops.timeline import timeline
from cwp_shared.events import Mode

_PATIENCE_S = 240
_QUEUE_PATIENCE_S = 60
_SEED = 7
#: The source table whose records the story is told with.
_STORY = "service_tickets"


#: What most reports are made of. All default tables work as well, and take minutes longer.
_SOURCES = (
    _STORY,
    "time_entries",
    "company_companies",
    "company_contacts",
    "finance_agreements",
    "finance_invoices",
    "project_projects",
    "system_members",
)


@dataclass(frozen=True)
class DemoTenant:
    """One tenant of the demo, and how much of it changes between the syncs."""

    name: str
    tickets: int
    updates: int
    additions: int


TENANTS = (
    DemoTenant("demo_large", tickets=20_000, updates=300, additions=60),
    DemoTenant("demo_small", tickets=2_000, updates=60, additions=20),
)


@dataclass
class Demo:
    """One run of the demo. `problems` is what was not as it must be."""

    operator: Operator
    tenants: Sequence[DemoTenant] = TENANTS
    steps: list[tuple[str, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @cached_property
    def tables(self) -> dict[str, tuple[str, ...]]:
        """Canonical tables by source table."""
        return {source: self.operator.canonical_tables[source] for source in _SOURCES}

    def run(self) -> bool:
        """Play it; whether everything was as it must be."""
        with self._step("cloud up and deployed"):
            bring_up(self.operator)
        with self._step("companies made, tenants added"):
            for tenant in self.tenants:
                add_on_sandbox(
                    self.operator, tenant.name, tenant.name, tenant.tickets, _SEED, (*self.tables,)
                )
        first = self._sync("full sync", "full")
        before = self._counts() if first else []
        if not first:
            return self._end()
        with self._step("changes in the sandbox"):
            played = {tenant.name: self._change(tenant) for tenant in self.tenants}
        second = self._sync("incremental sync", "incremental")
        if second:
            self._prove(before, played)
            self.operator.out.print(demo_report.stages_table("Full sync", first))
            self.operator.out.print(demo_report.stages_table("Incremental sync", second))
        return self._end()

    def _sync(self, title: str, mode: Mode) -> list[Tracked]:
        """Sync all tenants; empty if a table failed."""
        self._headline(title)
        with self._step(title):
            wanted = [
                one
                for tenant in self.tenants
                for one in wanted_of(self.operator, tenant.name, (), mode)
            ]
            tracked = follow(self.operator, wanted, _PATIENCE_S)
        if report(self.operator, tracked):
            return tracked
        self.problems.append(f"the {title} failed")
        return []

    def _change(self, tenant: DemoTenant) -> ChangesPlayed:
        played = change(
            self.operator.home, tenant.name, update=tenant.updates, add=tenant.additions
        )
        updated = sum(len(table.updated) for table in played.tables.values())
        added = sum(len(table.added) for table in played.tables.values())
        self.operator.out.print(
            f"{tenant.name}: {updated} rows changed, {added} added at {played.at:%H:%M:%S} UTC"
        )
        return played

    def _counts(self) -> list[TableCount]:
        operator = self.operator
        return [
            one
            for tenant in self.tenants
            for one in demo_checks.count(
                operator.cloud.warehouse,
                tenant.name,
                counts(operator.home, tenant.name),
                self.tables,
            )
        ]

    def _prove(self, before: Sequence[TableCount], played: Mapping[str, ChangesPlayed]) -> None:
        operator = self.operator
        with self._step("checks"):
            after = self._counts()
            self.problems += demo_checks.count_problems(after)
            self.problems += self._history_problems(played)
            depths = wait_until_empty(operator.depths, _QUEUE_PATIENCE_S)
            self.problems += demo_checks.queue_problems(depths)
        self._headline("what the warehouse holds")
        operator.out.print(demo_report.counts_table(before, after))
        for line in self._story(played):
            operator.out.print(line)
        operator.out.print(demo_report.queues_line(depths))

    def _history_problems(self, played: Mapping[str, ChangesPlayed]) -> Iterator[str]:
        operator, keys = self.operator, key_columns(self.operator.root)
        tables = [name for names in self.tables.values() for name in names]
        for tenant in self.tenants:
            warehouse = operator.cloud.warehouse
            yield from demo_checks.history_problems(warehouse, tenant.name, keys, tables)
            table = operator.canonical_tables[_STORY][0]
            yield from demo_checks.change_problems(
                warehouse,
                tenant.name,
                table,
                keys[table][0],
                played[tenant.name].tables[_STORY].updated,
                played[tenant.name].at,
            )

    def _story(self, played: Mapping[str, ChangesPlayed]) -> list[str]:
        """The history of the updated ticket that changed most."""
        operator, tenant = self.operator, self.tenants[0].name
        table = operator.canonical_tables[_STORY][0]
        key = key_columns(operator.root)[table][0]
        updated = played[tenant].tables[_STORY].updated[:10]
        told = {
            record: timeline(
                demo_checks.versions_of(operator.cloud.warehouse, tenant, table, key, record)
            )
            for record in updated
        }
        if not told:
            return []
        record = max(told, key=lambda one: sum(len(version.changes) for version in told[one]))
        return demo_report.timeline_lines(
            f"The history of ticket {record} of {tenant}", told[record]
        )

    def _end(self) -> bool:
        out = self.operator.out
        out.print(demo_report.steps_table(self.steps))
        for problem in self.problems:
            out.print(f"[red]not as it must be:[/red] {escape(problem)}", soft_wrap=True)
        if not self.problems:
            out.print("[green]everything is as it must be[/green]")
        view = f'"{self.tenants[0].name}".tickets_current'
        out.print("The cloud keeps running.")
        out.print(f"  ask it     cwpipe query 'select count(*) from {view}'", markup=False)  # noqa: S608 - shown
        out.print("  see it     cwpipe status")
        out.print("  stop it    cwpipe down       (cwpipe up brings it back with everything)")
        return not self.problems

    def _headline(self, text: str) -> None:
        self.operator.out.rule(text, align="left")

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.steps.append((name, time.monotonic() - start))
