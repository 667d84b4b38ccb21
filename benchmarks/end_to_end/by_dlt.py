"""dlt's `rest_api` source of the same sandbox tables into DuckDB, with its scd2 strategy.

What its documentation recommends for speed (https://dlthub.com/docs/reference/performance): pages
are yielded whole, resources are read in parallel, orjson is installed, files are rotated so that as
many processes as there are cores can normalise them, and DuckDB is given Parquet. `merge_key` is
what scd2 needs when a run brings only what changed. Lists stay JSON in their row, as ours do: they
would become tables of their own, which takes longer.
"""

import os
from typing import Any

os.environ |= {
    "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": "10000",
    "NORMALIZE__WORKERS": str(len(os.sched_getaffinity(0))),
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
}
import dlt
from dlt.sources.rest_api import rest_api_source

#: Older than anything that a company has.
_FIRST = "2000-01-01T00:00:00Z"
_LISTS = {
    "service_tickets": ("customFields", "integratorTags"),
    "time_entries": ("customFields",),
    "company_companies": ("customFields", "integratorTags", "types"),
    "company_contacts": (
        "communicationItems",
        "customFields",
        "integratorTags",
        "typeIds",
        "types",
    ),
}


def take(folder: str, access: dict[str, Any], tables: list[dict[str, Any]]) -> None:
    """Load what changed since the last run into `folder`/warehouse.duckdb, or all the first time.

    Args:
        folder: where this pipeline keeps its state, too.
        access: `site`, `company`, `public_key`, `private_key`, `client_id`.
        tables: `name`, `path` and `page_size` of each.
    """
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=f"{folder}/work",
        destination=dlt.destinations.duckdb(f"{folder}/warehouse.duckdb"),
        dataset_name="bench",
    )
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{access['site']}/v4_6_release/apis/3.0",
                "headers": {"clientId": access["client_id"], "pagination-type": "forward-only"},
                "auth": {
                    "type": "http_basic",
                    "username": f"{access['company']}+{access['public_key']}",
                    "password": access["private_key"],
                },
                "paginator": "header_link",
            },
            "resource_defaults": {
                "merge_key": "id",
                "write_disposition": {"disposition": "merge", "strategy": "scd2"},
            },
            "resources": [_resource(**table) for table in tables],
        },
        parallelized=True,
    )
    pipeline.run(source, loader_file_format="parquet")


def _resource(name: str, path: str, page_size: int) -> dict[str, Any]:
    return {
        "name": name,
        "columns": {each: {"data_type": "json"} for each in _LISTS[name]},
        "endpoint": {
            "path": path,
            "data_selector": "$",
            "params": {
                "pageSize": page_size,
                "conditions": "lastUpdated >= [{incremental.start_value}]",
            },
            "incremental": {"cursor_path": "_info.lastUpdated", "initial_value": _FIRST},
        },
    }
