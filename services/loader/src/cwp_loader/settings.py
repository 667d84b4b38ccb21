"""The environment of the two functions, as serverless.yml sets it."""

from pydantic import Field

from cwp_shared.settings import Settings


class GatherSettings(Settings):
    """What `gather` needs: its queue, the state, tenants' windows, and how `settle` is woken."""

    queue_url: str = Field(alias="QUEUE_URL", min_length=1)
    dlq_url: str = Field(alias="DLQ_URL", min_length=1)
    load_state_table: str = Field(alias="LOAD_STATE_TABLE", min_length=1)
    statements_queue_url: str = Field(alias="STATEMENTS_QUEUE_URL", min_length=1)
    tenant_services_table: str = Field(alias="TENANT_SERVICES_TABLE", min_length=1)
    #: How long commits are gathered before they are loaded, if a tenant does not say otherwise.
    window_seconds: int = Field(alias="LOAD_WINDOW_SECONDS", ge=0, le=86_400)


class SettleSettings(Settings):
    """What `settle` needs: everything that touches the warehouse."""

    queue_url: str = Field(alias="QUEUE_URL", min_length=1)
    dlq_url: str = Field(alias="DLQ_URL", min_length=1)
    bus_name: str = Field(alias="BUS_NAME", min_length=1)
    bucket_name: str = Field(alias="BUCKET_NAME", min_length=1)
    load_state_table: str = Field(alias="LOAD_STATE_TABLE", min_length=1)
    workgroup_name: str = Field(alias="WORKGROUP_NAME", min_length=1)
    database: str = Field(alias="DATABASE", min_length=1)
    #: The role that COPY reads the bucket with; it must be attached to the namespace.
    copy_role_arn: str = Field(alias="COPY_ROLE_ARN", pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/")
