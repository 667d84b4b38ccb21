"""What serverless.yml gives the scheduler's functions."""

from pydantic import Field

from cwp_scheduler.metric_detail import Detail
from cwp_shared.settings import Settings


class SchedulerSettings(Settings):
    """Environment of `plan` and `track`; each has its own queue."""

    bus_name: str = Field(alias="BUS_NAME")
    bucket_name: str = Field(alias="BUCKET_NAME")
    queue_url: str = Field(alias="QUEUE_URL")
    dead_letter_url: str = Field(alias="DLQ_URL")
    page_jobs_queue_url: str = Field(alias="PAGE_JOBS_QUEUE_URL")
    tenant_services_table: str = Field(alias="TENANT_SERVICES_TABLE")
    last_updated_table: str = Field(alias="LAST_UPDATED_TABLE")
    sync_runs_table: str = Field(alias="SYNC_RUNS_TABLE")
    metric_detail: Detail = Field(alias="METRIC_DETAIL")
