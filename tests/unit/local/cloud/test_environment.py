import os
from pathlib import Path

from cwp_local.cloud import environment
from cwp_local.cloud.home import Home, Ports
from cwp_local.cloud.parts import MARK, parts

MACHINE = {
    "PATH": "/usr/bin",
    "HOME": "/home/someone",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "https://s3.example",
    "AWS_CA_BUNDLE": "/gone.pem",
    "AWS_CONFIG_FILE": "/home/someone/.aws/config",
    "PYTHONPATH": "/somewhere",
    "HTTPS_PROXY": "http://proxy:3128",
    "NO_PROXY": "intranet",
}
HOME = Home(root=Path("/project"), path=Path("/project/.cwpipe"), ports=Ports(1, 2, 3))


def test_no_aws_setting_of_the_machine_passes() -> None:
    seen = environment.clean(MACHINE)
    assert seen["AWS_ACCESS_KEY_ID"] == "test"
    assert seen["AWS_CONFIG_FILE"] == os.devnull
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE"} & set(
        seen
    )
    assert "PYTHONPATH" not in seen


def test_a_proxy_passes_but_never_for_this_machine() -> None:
    seen = environment.clean(MACHINE)
    assert seen["HTTPS_PROXY"] == "http://proxy:3128"
    assert seen["NO_PROXY"] == seen["no_proxy"] == "intranet,127.0.0.1,localhost"


def test_the_deployment_goes_to_the_emulator() -> None:
    seen = environment.for_deployment(HOME, MACHINE)
    assert seen["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert seen["CWPIPE_REDSHIFT_URL"] == "http://127.0.0.1:3"
    assert seen["PATH"].split(os.pathsep)[0] == "/project/node_modules/.bin"


def test_every_part_listens_on_this_machine_only_and_says_whose_it_is() -> None:
    sandbox, redshift, emulator = parts(HOME, MACHINE)
    assert emulator.environment["BIND_HOST"] == "127.0.0.1"
    assert emulator.environment["AUTH"] == "true"
    assert emulator.environment["GATEWAY_PORT"] == "1"
    assert sandbox.command[3:5] == ("--port", "2")
    assert "http://127.0.0.1:1" in redshift.command
    for part in (sandbox, redshift, emulator):
        assert part.environment[MARK] == f"{part.name} of /project/.cwpipe"
        assert part.health_url.startswith("http://127.0.0.1:")
        assert "AWS_PROFILE" not in part.environment
