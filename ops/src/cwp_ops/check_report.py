"""Checking a tenant from a terminal: requests behind a progress bar, findings as a table."""

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from rich.markup import escape
from rich.progress import track
from rich.table import Table

from cwp_ops.context import Operator
from cwp_ops.tenant_check import CLOCK_TOLERANCE, Paced, TableFinding, findings, reach
from cwp_shared.connectwise.api import API_VERSION, ConnectWise
from cwp_shared.connectwise.transport import Transport, new_session
from cwp_shared.tables import source_table
from cwp_shared.tenants import ApiKeys, TenantConfig


@dataclass(frozen=True)
class CheckReport:
    """What was found out about a tenant whose keys the API takes."""

    tenant_id: str
    codebase: str
    clock_offset: timedelta | None
    tables: tuple[TableFinding, ...]

    @property
    def refused(self) -> tuple[str, ...]:
        """Tables that cannot be read."""
        return tuple(found.table for found in self.tables if found.trouble)

    @property
    def full_only(self) -> tuple[str, ...]:
        """Tables whose lastUpdated filter does not work."""
        return tuple(found.table for found in self.tables if found.needs_full)

    def as_json(self) -> str:
        """For scripts."""
        offset = None if self.clock_offset is None else self.clock_offset.total_seconds()
        return json.dumps({**asdict(self), "clock_offset": offset, "full_only": self.full_only})


def check_tenant(operator: Operator, tenant: TenantConfig, api_keys: ApiKeys) -> CheckReport:
    """Try the tenant's API, with a progress bar.

    Raises:
        OperatorError: the API refuses the tenant as a whole.
    """
    site = operator.sites.url(tenant.site)
    with new_session() as session:
        api = Paced(ConnectWise(Transport(session), API_VERSION), tenant.requests_per_minute)
        access = reach(api, site, tenant, api_keys)
        tables = tenant.selected_tables()
        found = track(
            findings(api, access, tables),
            f"trying {len(tables)} tables",
            total=len(tables),
            console=operator.err,
            transient=True,
        )
        return CheckReport(
            tenant.tenant_id, access.account.codebase, access.clock_offset, tuple(found)
        )


def show_check(operator: Operator, report: CheckReport) -> None:
    """Print the findings, and what to do about them."""
    table = Table("table", "rows", "lastUpdated filter", "", title=f"tenant {report.tenant_id}")
    for found in report.tables:
        table.add_row(
            found.table,
            _rows(found),
            found.filter or "",
            f"[red]{escape(found.trouble)}[/red]" if found.trouble else "",
        )
    operator.out.print(table)
    operator.out.print(f"keys are taken; codebase {report.codebase}; {_clock(report)}")
    if report.refused:
        operator.out.print(
            f"tables that cannot be read: {len(report.refused)}; mend what is said of them, or "
            "leave them out with `cwpipe tenants add --tables`"
        )
    if report.full_only:
        operator.out.print(f"to be read in full each time: {', '.join(report.full_only)}")


def show_difference(operator: Operator, tenant: TenantConfig, report: CheckReport) -> None:
    """Print how to set the tenant as was found out, if it is not."""
    untold = {found.table for found in report.tables if found.filter is None}
    wanted = {*report.full_only, *(untold & set(tenant.full_only))}
    if wanted != set(tenant.full_only):
        operator.out.print(
            f"read in full now: {', '.join(tenant.full_only) or 'none'}; change it with\n"
            f"  cwpipe tenants set {tenant.tenant_id} --full-only '{','.join(sorted(wanted))}'",
            soft_wrap=True,
        )


def _rows(found: TableFinding) -> str:
    if found.rows is None:
        return ""
    return f"{found.rows:,}{' of one parent' if source_table(found.table).parent else ''}"


def _clock(report: CheckReport) -> str:
    if report.clock_offset is None:
        return "the server does not tell its time"
    seconds = report.clock_offset.total_seconds()
    if abs(report.clock_offset) <= CLOCK_TOLERANCE:
        return f"its clock agrees with ours ({seconds:+.0f} s)"
    return f"[yellow]its clock is {seconds:+.0f} s from ours[/yellow]; runs follow the server's"
