"""What scripts/build_lambda.py makes: the zips for AWS, and the same trees for this machine.

No machine of ours runs what is built for Lambda's processor. So a second tree is assembled by the
same code with wheels for this machine, and for Lambda's Python if it is installed here (as
`python3.13` on PATH, or by pyenv). Functions are called from that tree alone, and file by file it
is compared with the zip.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZipFile

from scripts.build_lambda import LAMBDA, Runtime, assemble

from tests.rendering import ROOT

#: For another Python, which sees nothing but its standard library and one folder: a batch of one
#: message.
CALL = """
import importlib, json, sys, types
folder, module, function = sys.argv[1:]
sys.path.insert(0, folder)
context = types.SimpleNamespace(
    function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn", aws_request_id="r",
    get_remaining_time_in_millis=lambda: 1000,
)
record = {
    "messageId": "m", "receiptHandle": "r", "body": "nothing that anybody sends",
    "attributes": {"ApproximateReceiveCount": "1"},
    "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
}
handle = getattr(importlib.import_module(module), function)
print(json.dumps(handle({"Records": [record]}, context)))
"""
#: The same for everything that the service builds once per container.
BUILD = """
import importlib, inspect, json, sys
folder, module = sys.argv[1:]
sys.path.insert(0, folder)
bootstrap = importlib.import_module(module)
own = [f for f in vars(bootstrap).values() if getattr(f, "__module__", "") == module]
print(json.dumps([repr(build()) for build in own if not inspect.isclass(build)]))
"""


@dataclass(frozen=True)
class Package:
    """A service's zip for AWS, unpacked; and the tree for this machine."""

    service: str
    zip: Path
    unpacked: Path
    here: Path

    def distributions(self) -> Iterator[Distribution]:
        """What is installed in it, by its metadata."""
        for folder in sorted(self.unpacked.glob("*.dist-info")):
            yield PathDistribution(folder)


def files(tree: Path) -> dict[str, Path]:
    """Every file below `tree` by a name that says nothing of Python's version and processor."""
    return {
        neutral(path.relative_to(tree).as_posix()): path
        for path in tree.rglob("*")
        if path.is_file()
    }


def make(service: str, scratch: Path) -> Package:
    """Build the zip where a deployment builds it, unless it is fresh, and unpack it."""
    zipped = ROOT / "services" / service / ".build" / f"{service}-full.zip"
    build_zip(service)
    package = Package(service, zipped, scratch / service / "aws", scratch / service / "here")
    package.here.mkdir(parents=True)
    assemble(service, package.here, here())
    with ZipFile(zipped) as archive:
        archive.extractall(package.unpacked)
    return package


def build_zip(service: str, *arguments: str, **settings: Any) -> None:
    """Run the script as the deployment does."""
    command = [sys.executable, "scripts/build_lambda.py", service, "--stage", "dev", *arguments]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, **settings)


@cache
def lambda_python() -> str:
    """Lambda's Python if this machine has it, else the one that runs the tests."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    name = f"python{LAMBDA.python}"
    found = [shutil.which(name), *map(str, pyenv.glob(f"{LAMBDA.python}.*/bin/{name}"))]
    return next((python for python in found if python and version(python)), sys.executable)


def version(python: str) -> str:
    """`3.13`; nothing if it does not run (pyenv puts names on PATH that lead nowhere)."""
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
    return done.stdout.strip()


@cache
def here() -> Runtime:
    """What runs on this machine."""
    wheels = f"{platform.machine()}-{LAMBDA.platform.partition('-')[2]}"
    return Runtime(version(lambda_python()), wheels)


def neutral(name: str) -> str:
    """A file's name, whatever Python and processor it is for."""
    for runtime in (LAMBDA, here()):
        processor = runtime.platform.partition("-")[0]
        tag = f"cpython-{runtime.python.replace('.', '')}-{processor}-linux-gnu"
        name = name.replace(tag, "native")
    return name


class Aws(ThreadingHTTPServer):
    """Takes whatever is asked of AWS, and keeps it: operation and parameters."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Ask)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Ask(BaseHTTPRequestHandler):
    server: Aws

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.headers["X-Amz-Target"], json.loads(body)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def aws() -> Iterator[Aws]:
    with Aws() as server:
        Thread(target=server.serve_forever).start()
        yield server
        server.shutdown()


def run(script: str, tree: Path, environment: dict[str, str], aws_url: str, *names: str) -> Any:
    """What a script prints, run with `tree` alone: no site-packages, no PYTHONPATH."""
    done = subprocess.run(
        [lambda_python(), "-I", "-S", "-B", "-c", script, tree, *names],
        env={
            **environment,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_ENDPOINT_URL": aws_url,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(names)}:\n{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])
