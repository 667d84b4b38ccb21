"""Tables about the sandbox: companies, changes, weather, and how politely it was read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

from cwp_local.sandbox.log_summary import LogSummary
from cwp_local.sandbox.models import ChangesPlayed, CompanyAccess, CompanyState
from cwp_ops.sandbox_weather import in_words

_MINUTES_SHOWN = 15


def companies_table(companies: Iterable[tuple[CompanyState, Mapping[str, Any]]]) -> Table:
    """Companies and their weather."""
    table = Table("company", "tickets", "rows", "seed", "newest at first", "weather")
    for state, weather in companies:
        rows = sum(state.counts.values())
        faults = ", ".join(name.replace("_", " ") for name in weather) or "fair"
        newest = f"{state.reference_time:%Y-%m-%d %H:%M}Z"
        table.add_row(
            state.company, f"{state.tickets:,}", f"{rows:,}", str(state.seed), newest, faults
        )
    return table


def access_text(access: CompanyAccess) -> str:
    """What a person needs to read a company, ready to paste."""
    user = f"{access.company}+{access.public_key.get_secret_value()}"
    private_key = access.private_key.get_secret_value()
    client_id = access.client_id.get_secret_value()
    return "\n".join(
        [
            f"company      {access.company}",
            f"site         {access.site}",
            f"public key   {access.public_key.get_secret_value()}",
            f"private key  {private_key}",
            f"clientId     {client_id}",
            f"rows         {sum(access.counts.values()):,}",
            "",
            f"curl -u '{user}:{private_key}' -H 'clientId: {client_id}' \\",
            f"     '{access.site}/v4_6_release/apis/3.0/service/tickets?pageSize=2'",
        ]
    )


def access_fields(access: CompanyAccess) -> dict[str, Any]:
    """The same as data."""
    return {
        "company": access.company,
        "site": access.site,
        "public_key": access.public_key.get_secret_value(),
        "private_key": access.private_key.get_secret_value(),
        "client_id": access.client_id.get_secret_value(),
        "counts": dict(access.counts),
    }


def changes_table(played: ChangesPlayed) -> Table:
    """How many rows changed, of the tables where any did."""
    table = Table("table", "changed", "added", "deleted")
    for name, rows in played.tables.items():
        numbers = (len(rows.updated), len(rows.added), len(rows.deleted))
        if any(numbers):
            table.add_row(name, *(f"{number:,}" for number in numbers))
    return table


def counts_table(counts: Mapping[str, int], heading: str) -> Table:
    """Names and numbers."""
    table = Table(heading, "number" if heading != "table" else "rows")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table


def weather_table(weather: Mapping[str, Any]) -> Table:
    """What is not as usual."""
    table = Table("what", "how")
    for name, words in in_words(weather):
        table.add_row(name, words)
    return table


def summaries_table(summaries: Sequence[LogSummary]) -> Table:
    """One line per company."""
    names = ("requests", "failed", "pages", "at once", "a minute", "retries", "early")
    table = Table("company", *names)
    for one in summaries:
        numbers = (
            one.requests,
            one.failed,
            one.pages,
            one.most_at_once,
            one.most_in_a_minute,
            one.retries,
            one.early,
        )
        table.add_row(one.company or "all", *(f"{number:,}" for number in numbers))
    return table


def details_tables(summary: LogSummary) -> list[Table]:
    """Of one company: answers, tables, and the last minutes."""
    latest = dict(list(summary.minutes.items())[-_MINUTES_SHOWN:])
    shown = ((summary.statuses, "answer"), (summary.tables, "requests to"), (latest, "minute"))
    return [counts_table(counts, heading) for counts, heading in shown if counts]
