"""What serverless.yml gives the writer's function."""

from pydantic import Field

from cwp_shared.settings import Settings


class WriterSettings(Settings):
    """Environment of `write` and `compare`; each has its own queue."""

    bus_name: str = Field(alias="BUS_NAME")
    bucket_name: str = Field(alias="BUCKET_NAME")
    queue_url: str = Field(alias="QUEUE_URL")
    dead_letter_url: str = Field(alias="DLQ_URL")


class CompareSettings(WriterSettings):
    """What `compare` has beside."""

    tenant_services_table: str = Field(alias="TENANT_SERVICES_TABLE")
