"""A dbt snapshot on DuckDB, strategy `timestamp`, which dbt recommends where there is a time."""

from pathlib import Path

from dbt.cli.main import dbtRunner

from benchmarks.history.columns import ATTRIBUTES

_PROJECT = """
name: history
version: "1.0"
profile: history
flags: {send_anonymous_usage_stats: false}
"""
_PROFILE = """
history:
  target: bench
  outputs:
    bench: {{type: duckdb, path: "{folder}/history.duckdb", threads: 2}}
"""
_SNAPSHOT = """
{{% snapshot tickets %}}
{{{{ config(unique_key="id", strategy="timestamp", updated_at="updated", target_schema="bench") }}}}
SELECT id, {attributes}, "_info__lastUpdated"::TIMESTAMP AS updated
FROM read_parquet('{{{{ var("files") }}}}')
{{% endsnapshot %}}
"""


def prepare(data: str, folder: str) -> None:
    """The first load, as the first snapshot."""
    project = Path(folder)
    (project / "snapshots").mkdir()
    (project / "dbt_project.yml").write_text(_PROJECT, "utf-8")
    (project / "profiles.yml").write_text(_PROFILE.format(folder=folder), "utf-8")
    attributes = ", ".join(f'"{name}"' for name in ATTRIBUTES)
    text = _SNAPSHOT.format(attributes=attributes)
    (project / "snapshots/tickets.sql").write_text(text, "utf-8")
    _snapshot(f"{data}/base/*.parquet", folder)


def take(data: str, folder: str) -> None:
    """The second snapshot, of the batch."""
    profile = _PROFILE.format(folder=folder)
    Path(folder, "profiles.yml").write_text(profile, "utf-8")
    _snapshot(f"{data}/batch/*.parquet", folder)


def _snapshot(files: str, folder: str) -> None:
    where = ["--project-dir", folder, "--profiles-dir", folder, "--quiet"]
    done = dbtRunner().invoke(["snapshot", "--vars", f"{{files: '{files}'}}", *where])
    if not done.success:
        raise RuntimeError(f"dbt failed: {done.exception or done.result}")
