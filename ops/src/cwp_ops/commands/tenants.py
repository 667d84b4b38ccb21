"""tenants add, set, check, keys, list, show, disable, enable, remove."""

import getpass
import json
import sys
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.table import Table

from cwp_ops.check_report import check_tenant, show_check, show_difference
from cwp_ops.commands import tenant_settings
from cwp_ops.commands.options import AsJson, Yes
from cwp_ops.context import Operator, operator_of
from cwp_ops.errors import OperatorError
from cwp_ops.runs import RunBook
from cwp_ops.sandbox_side import make_company
from cwp_ops.tenant_removal import Removal
from cwp_ops.tenants import checked
from cwp_shared.tenants import ApiKeys, TenantConfig, secret_name

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Tenants: add, list, check, disable and remove them, and their API keys.",
)

tenant_settings.register(app)

Tenant = Annotated[str, typer.Argument(help="Which tenant; see cwpipe tenants list.")]

#: Scripts give the keys in these variables instead of typing them.
KEY_VARIABLES = {
    "public_key": ("CWPIPE_PUBLIC_KEY", "Public key"),
    "private_key": ("CWPIPE_PRIVATE_KEY", "Private key"),
    "client_id": ("CWPIPE_CLIENT_ID", "Client id"),
}


@app.command(
    epilog="Example: cwpipe tenants add acme --site api-na.myconnectwise.net --company ACME   "
    "On the sandbox: cwpipe tenants add demo --sandbox --tickets 2000"
)
def add(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Tenant id: lower-case letters, digits, _ and -.")],
    site: Annotated[str, typer.Option(help="API host, e.g. api-na.myconnectwise.net.")] = "",
    company: Annotated[str, typer.Option(help="The company id that logins begin with.")] = "",
    tables: Annotated[str, typer.Option(help="Comma-separated; default: the default set.")] = "",
    cadence: Annotated[
        int | None,
        typer.Option(min=1, max=10_080, help="Minutes between syncs; default: as each table says."),
    ] = None,
    sandbox: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option("--sandbox", help="Make the company on the local sandbox.")
    ] = False,
    tickets: Annotated[int, typer.Option(min=1, help="With --sandbox: how many tickets.")] = 2000,
    seed: Annotated[int, typer.Option(help="With --sandbox: equal seeds, equal data.")] = 7,
    check: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option(help="Try keys and tables before anything is saved.")
    ] = True,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Add a tenant, or change one.

    Asks for the API keys without showing them; scripts set CWPIPE_PUBLIC_KEY, CWPIPE_PRIVATE_KEY
    and CWPIPE_CLIENT_ID instead. Keys are kept in Secrets Manager and nowhere else. The API is
    tried first: a tenant whose keys it refuses is not saved, and tables whose lastUpdated filter
    does not work are set to be read in full.
    """
    operator = operator_of(context)
    aside = operator.aside() if as_json else operator
    wanted = tuple(filter(None, (part.strip() for part in tables.split(","))))
    if sandbox:
        tenant = add_on_sandbox(aside, name, company or name, tickets, seed, wanted, cadence)
    elif not site or not company:
        raise typer.BadParameter("give --site and --company, or --sandbox")
    else:
        tenant = checked(operator.sites, name, site, company, wanted, cadence)
        api_keys = ask_keys(operator)
        if check:
            tenant = tried(aside, tenant, api_keys)
        operator.book.add(tenant, api_keys)
        _tell_added(aside, tenant)
    if as_json:
        operator.answer(tenant.model_dump(mode="json"))


def add_on_sandbox(  # noqa: PLR0913, PLR0917 - what a sandbox tenant is made of
    operator: Operator,
    name: str,
    company: str,
    tickets: int,
    seed: int,
    tables: tuple[str, ...] = (),
    cadence: int | None = None,
) -> TenantConfig:
    """Make the company on the local sandbox and add it as a tenant."""
    home = operator.home
    checked(operator.sites, name, home.sandbox_url, company, tables, cadence)
    operator.say(f"making company {company} with {tickets:,} tickets on the sandbox")
    account = make_company(home, company, tickets, seed)
    tenant = checked(operator.sites, name, account.site, company, tables, cadence)
    operator.book.add(tenant, account.api_keys)
    _tell_added(operator, tenant)
    return tenant


@app.command(
    "check", epilog="Example: cwpipe tenants check acme   As JSON: cwpipe tenants check acme --json"
)
def check_(
    context: typer.Context,
    name: Tenant,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Try a tenant's API: keys, clock, which tables can be read, whether filters work.

    Makes a handful of small requests a table, no more a minute than the tenant's settings allow,
    and stores nothing. Exit code 1 if the API refuses the tenant or one of its tables.

    What it says of the lastUpdated filter: "works"; "ignored", "refused" or "shifted" (times in it
    mean other times than they say), then the table must be read in full; "not used": it always is.
    """
    operator = operator_of(context)
    tenant = operator.book.get(name)
    api_keys = operator.book.keys_of(name)
    report = check_tenant(operator, tenant, api_keys)
    if as_json:
        operator.out.print_json(report.as_json())
    else:
        show_check(operator, report)
        show_difference(operator, tenant, report)
    if report.refused:
        raise typer.Exit(1)


@app.command(epilog="Example: cwpipe tenants keys acme")
def keys(context: typer.Context, name: Tenant, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Enter a tenant's API keys again: after a crash, or when they were changed."""
    operator = operator_of(context)
    tenant = operator.book.get(name)
    operator.book.keep_keys(tenant.tenant_id, ask_keys(operator))
    if as_json:
        operator.answer({"tenant_id": name, "stored": secret_name(operator.stage, name)})
    else:
        operator.out.print(f"the API keys of {name} are stored")


@app.command("list", epilog="Example: cwpipe tenants list --json")
def list_(
    context: typer.Context,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Show the tenants."""
    operator = operator_of(context)
    items = sorted(operator.book.items(), key=lambda item: str(item["tenant_id"]))
    if as_json:
        operator.out.print_json(json.dumps(items, default=float))
        return
    table = Table("tenant", "site", "company", "tables", "every", "loaded", "enabled")
    for item in items:
        table.add_row(
            str(item["tenant_id"]),
            str(item.get("site")),
            str(item.get("company")),
            ", ".join(item.get("tables") or ("default",)),
            f"{item['cadence_minutes']} min" if item.get("cadence_minutes") else "by table",
            f"every {item['load_minutes']} min" if item.get("load_minutes") else "by stage",
            "yes" if item.get("enabled", True) else "no",
        )
    operator.out.print(table)


@app.command(epilog="Example: cwpipe tenants show acme --json")
def show(context: typer.Context, name: Tenant, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Show a tenant's settings, whether it has API keys, and its tables. Keys are never shown."""
    operator = operator_of(context)
    tenant = operator.book.get(name)
    told = tenant.model_dump(mode="json") | {
        "tables": list(tenant.selected_tables()),
        "has_keys": operator.book.has_keys(name),
    }
    if as_json:
        operator.out.print_json(json.dumps(told))
        return
    grid = Table.grid(padding=(0, 2))
    for field, value in told.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        grid.add_row(field.replace("_", " "), text)
    operator.out.print(grid)


@app.command(epilog="Example: cwpipe tenants disable acme")
def disable(context: typer.Context, name: Tenant, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Sync a tenant no more. Its data stays; runs that are open go on to their end."""
    _enable(operator_of(context), name, enabled=False, as_json=as_json)


@app.command(epilog="Example: cwpipe tenants enable acme")
def enable(context: typer.Context, name: Tenant, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Sync a tenant again, from where it stood."""
    _enable(operator_of(context), name, enabled=True, as_json=as_json)


@app.command(epilog="Example: cwpipe tenants remove acme")
def remove(
    context: typer.Context,
    name: Tenant,
    yes: Yes = False,  # noqa: FBT002 - typer's way
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Delete a tenant with all its data: lake, warehouse, state, API keys. There is no way back.

    Says what it deletes and asks for the tenant's name. The tenant must be disabled and have no
    open run; wait some minutes after disabling it, so that nothing of it is under way.
    """
    operator = operator_of(context)
    tenant = operator.book.get(name)
    if tenant.enabled:
        raise OperatorError(f"tenant {name} is enabled; first `cwpipe tenants disable {name}`")
    if still := RunBook(operator.stores).open(name, tenant.selected_tables()):
        raise OperatorError(f"run {still[0].run_id} is open; first end it with `cwpipe cancel`")
    removal = Removal(operator.book, operator.stores, operator.cloud.warehouse, name)
    told = removal.belongings().told()
    operator.err.print(f"removing tenant {name} deletes:")
    for line in told:
        operator.err.print(f"  {line}", markup=False)
    if not yes and typer.prompt("Type the tenant's name to go on", err=True) != name:
        raise OperatorError("that is another name; nothing was deleted")
    removal.remove(operator.say)
    if as_json:
        operator.out.print_json(json.dumps({"tenant_id": name, "deleted": told}))
    else:
        operator.out.print(f"tenant {name} is removed")


def _enable(operator: Operator, name: str, *, enabled: bool, as_json: bool) -> None:
    operator.book.enable(operator.book.get(name), enabled=enabled)
    if as_json:
        operator.out.print_json(json.dumps({"tenant_id": name, "enabled": enabled}))
    else:
        operator.out.print(f"tenant {name} is {'enabled' if enabled else 'disabled'}")


def ask_keys(operator: Operator) -> ApiKeys:
    """The keys from the environment, or typed without echo.

    Raises:
        OperatorError: none given and nobody to ask, or an empty one.
    """
    given = {name: operator.environ.get(v) for name, (v, _) in KEY_VARIABLES.items()}
    if not any(given.values()) and not sys.stdin.isatty():
        variables = ", ".join(variable for variable, _ in KEY_VARIABLES.values())
        raise OperatorError(f"there is no terminal to ask for the API keys; set {variables}")
    answers = {
        name: (given[name] or getpass.getpass(f"{label}: ")).strip()
        for name, (_, label) in KEY_VARIABLES.items()
    }
    if empty := [KEY_VARIABLES[name][1].lower() for name, value in answers.items() if not value]:
        raise OperatorError(f"the {' and the '.join(empty)} must not be empty")
    return ApiKeys(**{name: SecretStr(value) for name, value in answers.items()})


def tried(operator: Operator, tenant: TenantConfig, api_keys: ApiKeys) -> TenantConfig:
    """The tenant as its API lets us read it; what was found is shown.

    Raises:
        OperatorError: the API refuses the tenant.
    """
    report = check_tenant(operator, tenant, api_keys)
    show_check(operator, report)
    return tenant.model_copy(update={"full_only": report.full_only})


def _tell_added(operator: Operator, tenant: TenantConfig) -> None:
    operator.out.print(
        f"tenant {tenant.tenant_id} added; bring its data in with "
        f"`cwpipe sync {tenant.tenant_id}`, or wait for the schedule"
    )
