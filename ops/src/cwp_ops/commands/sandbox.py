"""sandbox: the made-up ConnectWise service of this machine and its companies."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cwp_local.cloud.home import Ports
from cwp_local.sandbox.control import SandboxControl
from cwp_ops import sandbox_views as views
from cwp_ops.commands import sandbox_log, sandbox_weather
from cwp_ops.commands.options import AsJson, Yes
from cwp_ops.commands.sandbox_options import Company, control_of, use_sandbox
from cwp_ops.context import operator_of
from cwp_ops.sandbox_making import make_company

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="A stand-in for the ConnectWise PSA API, with made-up companies. It works by itself: "
    "`cwpipe sandbox serve`, then `cwpipe sandbox add demo` in another terminal. The embedded "
    "cloud (`cwpipe up`) has one running already.",
)
app.add_typer(sandbox_weather.app, name="weather")
sandbox_log.register(app)


@app.callback()
def group(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Option(
            envvar="CWPIPE_SANDBOX_URL",
            help="Where the sandbox answers; default: port CWPIPE_SANDBOX_PORT of this machine.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Remember which sandbox the command is for."""
    port = Ports.from_environment(operator_of(context).environ).sandbox
    use_sandbox(context, SandboxControl(url or f"http://127.0.0.1:{port}"))


@app.command(epilog="Example: cwpipe sandbox serve --tls")
def serve(
    data_dir: Annotated[
        Path, typer.Option(help="Where companies are kept; made if missing.")
    ] = Path("sandbox-data"),
    port: Annotated[int, typer.Option(help="TCP port; 0 takes a free one.")] = 4580,
    tls: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option("--tls", help="Serve https too, with a self-signed certificate.")
    ] = False,
    tls_port: Annotated[int, typer.Option(help="With --tls: TCP port of https.")] = 4581,
) -> None:
    """Serve the sandbox in this terminal until Ctrl-C, without the rest of the pipeline."""
    options = ["--data-dir", str(data_dir), "--port", str(port), "--tls-port", str(tls_port)]
    command = [sys.executable, "-m", "cwp_local.sandbox", *options, *(["--tls"] if tls else [])]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - this very Python; signals reach it directly


@app.command(epilog="Example: cwpipe sandbox companies")
def companies(context: typer.Context, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Show the companies, their size and their weather."""
    out, control = operator_of(context).out, control_of(context)
    found = [
        (state, control.weather(state.company).model_dump(mode="json", exclude_defaults=True))
        for state in control.companies()
    ]
    if as_json:
        out.print_json(
            json.dumps([{**state.model_dump(mode="json"), "weather": w} for state, w in found])
        )
    elif found:
        out.print(views.companies_table(found))
    else:
        out.print("no company yet; make one with `cwpipe sandbox add demo`")


@app.command(epilog="Example: cwpipe sandbox add demo --tickets 2000")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The company id that logins begin with.")],
    tickets: Annotated[int, typer.Option(min=0, help="How many tickets; the rest follows.")] = 2000,
    seed: Annotated[int, typer.Option(help="Equal seeds, equal data.")] = 7,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Make a company, or find it again, and print its keys with a first request to try."""
    operator = operator_of(context)
    access = make_company(control_of(context), name, tickets, seed, operator.err)
    if as_json:
        operator.out.print_json(json.dumps(views.access_fields(access)))
    else:
        operator.out.print(escape(views.access_text(access)), soft_wrap=True)


@app.command(epilog="Example: cwpipe sandbox remove demo --yes")
def remove(
    context: typer.Context,
    name: Company,
    yes: Yes = False,  # noqa: FBT002 - typer's way
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Delete a company with all its rows and keys."""
    if not yes:
        typer.confirm(f"Delete company {name} of the sandbox?", abort=True, err=True)
    control_of(context).delete_company(name)
    operator = operator_of(context)
    if as_json:
        operator.answer({"deleted": name})
    else:
        operator.out.print(f"deleted: {name}")


@app.command(epilog="Example: cwpipe sandbox change demo --update 100 --add 10")
def change(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    name: Company,
    update: Annotated[int, typer.Option(min=0, help="Rows to change.")] = 0,
    add: Annotated[int, typer.Option(min=0, help="Rows to add.")] = 0,
    delete: Annotated[int, typer.Option(min=0, help="Rows to delete.")] = 0,
    table: Annotated[
        list[str] | None, typer.Option(help="Only this table; may be repeated.")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Change, add and delete rows of a company, spread over its tables."""
    if not update + add + delete:
        raise typer.BadParameter("give at least one of --update, --add, --delete")
    played = control_of(context).play(name, update=update, add=add, delete=delete, tables=table)
    out = operator_of(context).out
    if as_json:
        out.print_json(played.model_dump_json())
    else:
        out.print(views.changes_table(played))


@app.command(
    epilog="Examples: cwpipe sandbox tick demo   cwpipe sandbox tick demo --days 0.01 --requests 20"
)
def tick(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    name: Company,
    days: Annotated[float, typer.Option(help="1 is a working day, 0.1 a tenth of one.")] = 1.0,
    requests: Annotated[
        int | None, typer.Option(min=1, help="Play it after every so many pages, until --stop.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Play it every so many seconds, until --stop.")
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Play no more by itself.")] = False,  # noqa: FBT002 - typer's way
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Play a working day: rows come, change, move, merge and go at realistic rates.

    At once, or by itself while somebody reads (--requests, --seconds).
    """
    out, control = operator_of(context).out, control_of(context)
    if not stop and (requests or seconds):
        control.start_tick(name, days=days, every_requests=requests, seconds=seconds)
        out.print(f"{name} changes by itself now; stop it with `cwpipe sandbox tick {name} --stop`")
        return
    played = control.stop_tick(name).changes if stop else control.tick(name, days=days)
    if as_json:
        out.print_json(played.model_dump_json())
    else:
        out.print(views.changes_table(played))


@app.command(epilog="Example: cwpipe sandbox counts demo --json")
def counts(context: typer.Context, name: Company, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Rows of a company, per table."""
    out, found = operator_of(context).out, control_of(context).company(name).counts
    if as_json:
        out.print_json(json.dumps(dict(found)))
    else:
        out.print(views.counts_table(found, "table"))
