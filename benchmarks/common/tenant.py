"""A tenant that benchmarks sync: the tables that most reports are made of, no pauses, no ticks."""

from typing import Final

from cwp_ops.context import Operator
from cwp_ops.sandbox_side import make_company
from cwp_ops.tenants import checked
from cwp_shared.tenants import TenantConfig

TABLES: Final = ("service_tickets", "time_entries", "company_companies", "company_contacts")
SEED: Final = 7
#: The most that a tenant may be set to: here the services are measured, not their patience.
REQUESTS_A_MINUTE: Final = 1000
#: What `SandboxControl.play` changes before a second sync, in each table about a quarter.
CHANGED: Final = {"update": 400, "add": 100}
_WEEK_IN_MINUTES: Final = 10_080


class NotAsItMustBeError(Exception):
    """A run failed or took too long, or its output is not what the sandbox holds."""


def add_tenant(operator: Operator, name: str, tickets: int) -> None:
    """Make a company of that name in the sandbox, and a tenant of it."""
    account = make_company(operator.home, name, tickets, SEED)
    # Ticks find nothing due while the benchmark runs.
    tenant = checked(operator.sites, name, account.site, name, TABLES, _WEEK_IN_MINUTES)
    fast = tenant.model_copy(update={"requests_per_minute": REQUESTS_A_MINUTE})
    operator.book.add(TenantConfig.model_validate(fast.model_dump()), account.api_keys)
