"""The clients of one stage: the embedded cloud for `local`, the AWS account's for others."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from cwp_local.cloud import clients as local_clients
from cwp_local.cloud.home import Home
from cwp_ops import names
from cwp_ops.errors import OperatorError
from cwp_ops.warehouse import Warehouse
from cwp_shared.bus import Bus, Publisher
from cwp_shared.settings import Stage

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 5}, read_timeout=60)


@dataclass(frozen=True)
class Cloud:
    """A stage, and clients that reach it. `home` is set for stage local only."""

    stage: Stage
    session: Any
    environ: Mapping[str, str]
    home: Home | None = None

    def client(self, service: str) -> Any:
        """A client of an AWS service."""
        return self.session.client(service, endpoint_url=self._url(service), config=_CONFIG)

    @cached_property
    def s3(self) -> Any:
        """S3."""
        return self.client("s3")

    @cached_property
    def sqs(self) -> Any:
        """SQS."""
        return self.client("sqs")

    @cached_property
    def secrets(self) -> Any:
        """Secrets Manager."""
        return self.client("secretsmanager")

    @cached_property
    def bus(self) -> Publisher:
        """The pipeline's bus."""
        return Bus(self.client("events"), names.bus(self.stage))

    @cached_property
    def workgroup(self) -> str:
        """The warehouse's workgroup, as config/<stage>.yml takes it."""
        if self.stage == "local":
            return "local"
        return self.environ.get("CWP_WORKGROUP") or f"connectwise-{self.stage}"

    @cached_property
    def database(self) -> str:
        """The warehouse's database, as config/<stage>.yml takes it."""
        own = {} if self.stage == "local" else self.environ
        return own.get("CWP_DATABASE") or "warehouse"

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse."""
        return Warehouse(self.client("redshift-data"), self.workgroup, self.database)

    @cached_property
    def bucket(self) -> str:
        """The lake's bucket, as the shared stack names it. Raises as `outputs` does."""
        return self.outputs["BucketName"]

    @cached_property
    def outputs(self) -> dict[str, str]:
        """What the shared stack made, by the names of its outputs.

        Raises:
            OperatorError: the stage is not deployed.
        """
        stack = names.shared_stack(self.stage)
        try:
            answer = self.client("cloudformation").describe_stacks(StackName=stack)
        except ClientError as error:
            raise OperatorError(
                f"stage {self.stage} is not deployed here (no stack {stack}); "
                f"{'run `cwpipe up`' if self.stage == 'local' else 'see docs/deploying.md'}"
            ) from error
        return {o["OutputKey"]: o["OutputValue"] for o in answer["Stacks"][0]["Outputs"]}

    def table(self, noun: str) -> Any:
        """A DynamoDB table by its noun: `TenantServices`."""
        return self._dynamodb.Table(names.table(noun, self.stage))

    @cached_property
    def _dynamodb(self) -> Any:
        return self.session.resource("dynamodb", endpoint_url=self._url("dynamodb"), config=_CONFIG)

    def _url(self, service: str) -> str | None:
        if self.home is None:
            return None
        return self.home.redshift_url if service == "redshift-data" else self.home.emulator_url


def connect(stage: Stage, environ: Mapping[str, str] | None = None) -> Cloud:
    """The clients of `stage`. No call is made yet."""
    chosen = os.environ if environ is None else environ
    if stage == "local":
        return Cloud(stage, local_clients.session(), chosen, Home.from_environment(chosen))
    # Deployments go where AWS_REGION says (config/<stage>.yml), which boto3 does not read.
    return Cloud(stage, boto3.Session(region_name=chosen.get("AWS_REGION")), chosen)
