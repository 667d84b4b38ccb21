"""boto3 clients of the embedded cloud, deaf to the machine's AWS settings."""

from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from cwp_local.cloud.environment import ACCESS_KEY, REGION

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 3},
    connect_timeout=3,
    read_timeout=60,
    proxies={},
)


def session() -> boto3.Session:
    """A session that reads no profile, no configuration file and no AWS_ variable."""
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, "", None),
            "credentials_file": (None, None, "", None),
            "ca_bundle": ("ca_bundle", None, None, None),
        }
    )
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=ACCESS_KEY,
        region_name=REGION,
        botocore_session=core,
    )


def client(service: str, url: str) -> Any:
    """A client of one service that answers at `url`."""
    return session().client(  # type: ignore[call-overload]
        service, endpoint_url=url, config=_CONFIG
    )
