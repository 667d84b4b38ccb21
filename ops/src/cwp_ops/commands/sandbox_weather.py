"""sandbox weather: show, set, clear."""

import json
from typing import Annotated, Any

import typer

from cwp_local.sandbox.models import Weather
from cwp_ops import sandbox_views as views
from cwp_ops.commands.options import AsJson
from cwp_ops.commands.sandbox_options import Company, control_of
from cwp_ops.context import operator_of
from cwp_ops.sandbox_weather import When, drift_of, fields_of, given, rows_of

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="How a company's service misbehaves: faults, missing rights, odd shapes, odd clocks. "
    "Each company has its own; a restart of the sandbox clears it.",
)

_FAULTS, _RIGHTS = "Faults", "Rights and rows"
_WHEN, _SHAPES, _SERVICE = "When faults happen", "Shapes of rows", "The service itself"


def _flag(name: str, text: str, panel: str) -> Any:
    return typer.Option(name, help=text, rich_help_panel=panel)


def _option(text: str, panel: str, **limits: Any) -> Any:
    return typer.Option(help=text, rich_help_panel=panel, show_default=False, **limits)


@app.command(epilog="Example: cwpipe sandbox weather show demo")
def show(context: typer.Context, name: Company, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Show what is not as usual, and the faults that are still to come."""
    _print(context, name, control_of(context).weather(name), as_json=as_json)


@app.command(epilog="Example: cwpipe sandbox weather clear demo")
def clear(context: typer.Context, name: Company, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's way
    """Back to fair weather."""
    _print(context, name, control_of(context).set_weather(name), as_json=as_json)


@app.command(
    "set",
    epilog="Examples: cwpipe sandbox weather set demo --fail 500 --times 3 --table time_entries   "
    "cwpipe sandbox weather set demo --reset --chance 0.05   "
    "cwpipe sandbox weather set demo --poison service_tickets:20005",
)
def set_(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    name: Company,
    rate_limit: Annotated[
        int | None, _option("429 above so many requests a minute.", _FAULTS, min=1)
    ] = None,
    fail: Annotated[
        int | None, _option("Refuse with this status.", _FAULTS, min=400, max=599)
    ] = None,
    body: Annotated[
        str | None, _option("With --fail: json, html (a proxy's page) or timeout.", _FAULTS)
    ] = None,
    retry_after: Annotated[
        int | None, _option("With --fail or --rate-limit: seconds to wait.", _FAULTS, min=0)
    ] = None,
    above_page_size: Annotated[
        int | None, _option("With --fail: only pages larger than this.", _FAULTS, min=1)
    ] = None,
    not_json: Annotated[  # noqa: FBT002 - typer's way
        bool, _flag("--not-json", "Pages are HTML with status 200.", _FAULTS)
    ] = False,
    slow: Annotated[float | None, _option("Answer so many seconds late.", _FAULTS)] = None,
    reset: Annotated[  # noqa: FBT002 - typer's way
        bool, _flag("--reset", "Reset the connection instead of answering.", _FAULTS)
    ] = False,
    truncate: Annotated[  # noqa: FBT002 - typer's way
        bool, _flag("--truncate", "End the connection halfway through the body.", _FAULTS)
    ] = False,
    table: Annotated[str | None, _option("Only requests to this table.", _WHEN)] = None,
    times: Annotated[int | None, _option("The next so many; default 1.", _WHEN, min=1)] = None,
    chance: Annotated[
        float | None, _option("Each with this probability, until cleared.", _WHEN, min=0, max=1)
    ] = None,
    seed: Annotated[int | None, _option("With --chance: equal seeds, equal draws.", _WHEN)] = None,
    poison: Annotated[
        list[str] | None, _option("TABLE:ID,...: a page that has one is a 500.", _RIGHTS)
    ] = None,
    hide: Annotated[
        list[str] | None, _option("TABLE:ID,...: rows that the role does not see.", _RIGHTS)
    ] = None,
    forbid: Annotated[list[str] | None, _option("TABLE: 403.", _RIGHTS)] = None,
    without_info: Annotated[
        list[str] | None, _option("TABLE: list rows without _info.", _RIGHTS)
    ] = None,
    nulls: Annotated[
        bool | None,
        typer.Option(
            "--explicit-nulls/--omit-nulls", help="How absent fields show.", rich_help_panel=_SHAPES
        ),
    ] = None,
    custom_fields: Annotated[
        str | None, _option("old or new: the generation of custom fields.", _SHAPES)
    ] = None,
    extra: Annotated[
        list[str] | None, _option("TABLE:FIELD=VALUE: a field that is new.", _SHAPES)
    ] = None,
    retype: Annotated[
        list[str] | None,
        _option("TABLE:FIELD=TYPE: string, number, list or object instead.", _SHAPES),
    ] = None,
    version: Annotated[
        str | None, _option("2025.16: an upgrade; the codebase changes with it.", _SERVICE)
    ] = None,
    hosting: Annotated[
        str | None, _option("cloud or on_premises, as companyinfo tells.", _SERVICE)
    ] = None,
    wrong_keys: Annotated[int | None, _option("401 or 404 for wrong keys.", _SERVICE)] = None,
    oversize: Annotated[str | None, _option("cap or refuse: pages above 1,000.", _SERVICE)] = None,
    skew: Annotated[
        int | None, _option("Seconds that the server's clock is ahead.", _SERVICE)
    ] = None,
    shift: Annotated[
        float | None, _option("Hours by which zoned times in conditions are taken wrong.", _SERVICE)
    ] = None,
    fields: Annotated[
        str | None, _option("Any weather fields, as a JSON object.", _SERVICE)
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Change a part of a company's weather; the rest stays. Every kind given replaces its own kind.

    Faults happen to the next request, or as --times, --chance and --table say.
    """
    when = When(table, times, chance, seed)
    failure = when.fault(
        code=fail, body=body, retry_after=retry_after, above_page_size=above_page_size
    )
    limit = given({"requests": rate_limit, "retry_after": retry_after})
    wanted = given(
        {
            "rate_limit": limit if rate_limit else None,
            "status": failure if fail else None,
            "not_json": when.fault() if not_json else None,
            "slow": when.fault(seconds=slow) if slow else None,
            "reset": when.fault() if reset else None,
            "truncated": when.fault() if truncate else None,
            "poisoned": rows_of(poison or ()),
            "hidden": rows_of(hide or ()),
            "forbidden": forbid,
            "without_info": without_info,
            "explicit_nulls": nulls,
            "custom_fields": custom_fields,
            "drift": drift_of(extra or (), retype or ()),
            "version": version,
            "hosting": hosting,
            "wrong_keys": wrong_keys,
            "oversize": oversize,
            "skew_seconds": skew,
            "filter_shift_hours": shift,
        }
    )
    wanted |= fields_of(fields) if fields else {}
    if not wanted:
        raise typer.BadParameter("say what: --fail, --slow, --reset, ...; see --help")
    weather = control_of(context).change_weather(name, **wanted)
    _print(context, name, weather, as_json=as_json)


def _print(context: typer.Context, name: str, weather: Weather, *, as_json: bool) -> None:
    out, content = operator_of(context).out, weather.model_dump(mode="json", exclude_defaults=True)
    if as_json:
        out.print_json(json.dumps(content))
    elif content:
        out.print(views.weather_table(content))
    else:
        out.print(f"fair weather at {name}")
