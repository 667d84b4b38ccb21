"""What the cloud's processes and the deployment see of the caller's environment: very little.

An AWS profile, region, endpoint, CA bundle or PYTHONPATH of the machine must never reach them, so
what passes is listed. Proxies and certificates pass, because a real ConnectWise account may only
be reachable through them; this machine itself is always reached directly.
"""

import os
from collections.abc import Mapping

from cwp_local.cloud.home import Home

REGION = "us-east-1"
ACCOUNT = "000000000000"
#: The emulator's administrator; functions get credentials of their roles.
ACCESS_KEY = "test"

_PASSES = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
    }
)
#: Never asked of a proxy.
DIRECT = "127.0.0.1,localhost"


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The part of `environ` that may be seen, and AWS settings that lead nowhere but here."""
    direct = ",".join(filter(None, [environ.get("NO_PROXY") or environ.get("no_proxy"), DIRECT]))
    return {
        **{name: value for name, value in environ.items() if name in _PASSES},
        "NO_PROXY": direct,
        "no_proxy": direct,
        "TZ": "UTC",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def for_deployment(home: Home, environ: Mapping[str, str]) -> dict[str, str]:
    """What `osls-compose` runs with; config/local.yml reads the CWPIPE_ variables."""
    tools = home.root / "node_modules" / ".bin"
    return {
        **clean(environ),
        # osls-compose starts `serverless` by its name.
        "PATH": f"{tools}{os.pathsep}{environ.get('PATH', os.defpath)}",
        "AWS_ENDPOINT_URL": home.emulator_url,
        "CWPIPE_REDSHIFT_URL": home.redshift_url,
        "CWPIPE_SANDBOX_URL": home.sandbox_url,
        "SLS_TELEMETRY_DISABLED": "1",
        "SLS_NOTIFICATIONS_MODE": "off",
    }
