"""What serverless.yml gives the fetcher's function."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from cwp_shared.connectwise.api import API_VERSION
from cwp_shared.settings import Settings


def _names(value: object) -> object:
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return value


class FetcherSettings(Settings):
    """Environment of `fetch`. `QUEUE_URL` is also where the job of the next page goes."""

    bus_name: str = Field(alias="BUS_NAME")
    bucket_name: str = Field(alias="BUCKET_NAME")
    queue_url: str = Field(alias="QUEUE_URL")
    dead_letter_url: str = Field(alias="DLQ_URL")
    tenant_services_table: str = Field(alias="TENANT_SERVICES_TABLE")
    #: FetcherState: the pace of each tenant.
    state_table: str = Field(alias="FETCHER_STATE_TABLE")
    #: The shortest wait after a 429; the official cool-down is 30 seconds.
    retry_after_floor_seconds: int = Field(default=30, ge=1, alias="RETRY_AFTER_FLOOR_SECONDS")
    #: Hosts beside ConnectWise's own that this stage may call, comma-separated; may be empty.
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        default=(), alias="ALLOWED_HOSTS"
    )
    #: The model version asked for in `Accept`: the latest one our field catalogue describes.
    api_version: str = Field(default=API_VERSION, alias="API_VERSION", pattern=r"^\d{4}\.\d{1,2}$")
