"""Each service's zip for AWS: what is in it, what is not, and that its functions run from it alone.

The wheels come from the lock through uv's cache, so only a machine's first run fetches them.
"""

import hashlib
import re
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from scripts.build_lambda import AWS_SERVICES, LAMBDA

from tests.rendering import ROOT, Template
from tests.template.cloudformation import of_type, target
from tests.template.packages import (
    BUILD,
    CALL,
    Package,
    aws,
    build_zip,
    files,
    make,
    run,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="compares with wheels for Linux")

MB = 1_000_000
#: Unpacked (design.md 10). Lambda's own limit is 262 MB.
BUDGETS = {
    "scheduler": 20 * MB,
    "fetcher": 20 * MB,
    "loader": 20 * MB,
    "writer": 200 * MB,
    "transformer": 200 * MB,
}
#: What the system that Lambda's Python runs on has.
OF_THE_SYSTEM = {
    "ld-linux-aarch64.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
    "libstdc++.so.6",
}
LICENCE = re.compile(r"(licen[cs]e|notice|copying)", re.IGNORECASE)
#: How the marker of a requirement is read.
ON_LAMBDA = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "aarch64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": f"{LAMBDA.python}.0",
    "python_version": LAMBDA.python,
    "sys_platform": "linux",
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Package]:
    scratch = tmp_path_factory.mktemp("packages")
    with ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda service: make(service, scratch), BUDGETS)
        return {package.service: package for package in made}


@pytest.fixture(params=BUDGETS)
def package(packages: dict[str, Package], request: pytest.FixtureRequest) -> Package:
    return packages[request.param]


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_same_sources_make_the_same_bytes(
    packages: dict[str, Package], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """At another time, in other folders, with other rights on new files."""
    again = tmp_path_factory.mktemp("again")
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda s: build_zip(s, "--output", again / s, umask=0o077), packages):
            pass
    assert {service: digest(again / service) for service in packages} == {
        service: digest(package.zip) for service, package in packages.items()
    }


def test_it_is_within_its_budget(package: Package) -> None:
    size = sum(path.stat().st_size for path in files(package.unpacked).values())
    assert size < BUDGETS[package.service]


def test_all_wheels_are_for_lambda(package: Package) -> None:
    python = f"cp{LAMBDA.python.replace('.', '')}"
    for distribution in package.distributions():
        lines = (distribution.read_text("WHEEL") or "").splitlines()
        tags = [line.removeprefix("Tag: ") for line in lines if line.startswith("Tag: ")]
        fits = [
            tag
            for tag in tags
            if tag.endswith("-none-any")
            or (tag.endswith("aarch64") and (python in tag or "abi3" in tag))
        ]
        assert fits, f"{distribution.name}: {tags}"


def libraries(package: Package) -> Iterator[tuple[Path, ELFFile]]:
    for path in package.unpacked.rglob("*.so*"):
        with path.open("rb") as file:
            yield path, ELFFile(file)


def test_libraries_are_for_lambdas_processor_and_find_each_other(package: Package) -> None:
    found = 0
    for path, library in libraries(package):
        assert library["e_machine"] == "EM_AARCH64", path.name
        dynamic = library.get_section_by_name(".dynamic")
        assert isinstance(dynamic, DynamicSection)
        needed = {vars(tag)["needed"] for tag in dynamic.iter_tags("DT_NEEDED")}
        beside = {other.name for other in path.parent.iterdir()}
        assert needed <= beside | OF_THE_SYSTEM, path.name
        found += 1
    assert found, "pydantic has one at least"


def declared(service: str) -> Iterator[Requirement]:
    """What the service's own pyproject.toml asks for, and what the contracts' do for it."""
    own = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text())
    shared = tomllib.loads((ROOT / "shared" / "pyproject.toml").read_text())["project"]
    for wanted in map(Requirement, own["project"]["dependencies"]):
        if wanted.name == "cwp-shared":
            yield from map(Requirement, shared["dependencies"])
            for extra in wanted.extras:
                yield from map(Requirement, shared["optional-dependencies"][extra])
        else:
            yield wanted


def closure(package: Package) -> set[str]:
    """The declared dependencies and all that they ask for on Lambda."""
    installed = {canonicalize_name(d.name): d for d in package.distributions()}
    waiting = list(declared(package.service))
    wanted: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in wanted:
            continue
        wanted.add(name)
        assert name in installed, f"{name} is not in the zip"
        assert requirement.specifier.contains(installed[name].version, prereleases=True)
        asks = map(Requirement, installed[name].requires or ())
        extras = requirement.extras or {""}
        waiting += [
            one
            for one in asks
            if not one.marker or any(one.marker.evaluate({**ON_LAMBDA, "extra": e}) for e in extras)
        ]
    return wanted


def test_only_declared_dependencies_are_in_it_as_locked(package: Package) -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    locked = {(entry["name"], entry["version"]) for entry in lock}
    found = {(canonicalize_name(d.name), d.version) for d in package.distributions()}
    assert {name for name, _ in found} == closure(package)
    assert found <= locked


def test_every_file_is_the_services_or_a_dependencys(package: Package) -> None:
    own = {f"cwp_{package.service}", "cwp_shared"}
    own |= {"mappings"} if package.service == "transformer" else set()
    theirs = {Path(file).parts[0] for d in package.distributions() for file in (d.files or ())}
    found = {path.name for path in package.unpacked.iterdir()}
    assert own <= found
    assert found <= own | theirs


def test_nothing_that_no_function_needs_is_in_it(package: Package) -> None:
    names = {path.relative_to(package.unpacked) for path in package.unpacked.rglob("*")}
    useless = {"tests", "test", "__pycache__", "bin", "pip", "setuptools", "include", "examples"}
    suffixes = {".pyc", ".pyi", ".pyx", ".pxd", ".h", ".hpp", ".c", ".cc", ".lock"}
    assert [n for n in names if useless & set(n.parts) or n.suffix in suffixes] == []
    models = {name.parts[2] for name in names if name.match("botocore/data/*/*")}
    assert models == AWS_SERVICES


def test_licences_come_along(package: Package) -> None:
    for distribution in package.distributions():
        own = (file for file in distribution.files or () if "dist-info" in file.parts[0])
        recorded = [file for file in own if LICENCE.match(file.name)]
        assert recorded, f"{distribution.name} has no licence"
        assert [str(file) for file in recorded if not Path(str(file.locate())).exists()] == []


def sample(value: Any) -> str:
    """What CloudFormation would make of a variable, or something like it."""
    if not isinstance(value, dict):
        return str(value)
    name = target(value)
    return "arn:aws:iam::123456789012:role/sample" if name.endswith("RoleArn") else name


def environments(template: Template) -> dict[str, dict[str, str]]:
    """Handler to the environment that its template gives it."""
    return {
        function["Handler"]: {
            name: sample(value) for name, value in function["Environment"]["Variables"].items()
        }
        for function in of_type(template, "AWS::Lambda::Function").values()
    }


def test_functions_run_from_their_files_alone(
    package: Package, templates: dict[tuple[str, str], Template]
) -> None:
    """What nobody can read goes to the dead letters of each, and nothing else is asked of AWS."""
    found = environments(templates[package.service, "dev"])
    assert found
    for handler, environment in found.items():
        module, _, function = handler.rpartition(".")
        with aws() as server:
            answer = run(CALL, package.here, environment, server.url, module, function)
        assert answer == {"batchItemFailures": []}
        ((operation, asked),) = server.asked
        assert operation == "AmazonSQS.SendMessage"
        assert asked["QueueUrl"] == environment["DLQ_URL"]


def test_all_collaborators_are_built_from_their_files_alone(
    package: Package, templates: dict[tuple[str, str], Template]
) -> None:
    environment: dict[str, str] = {}
    for one in environments(templates[package.service, "dev"]).values():
        environment |= one
    bootstrap = f"cwp_{package.service}.bootstrap"
    assert run(BUILD, package.here, environment, "http://127.0.0.1:9", bootstrap)


def test_the_zip_has_the_files_that_answered(package: Package) -> None:
    aws, here = files(package.unpacked), files(package.here)
    assert aws.keys() == here.keys()
    python = [name for name in aws if name.endswith(".py")]
    assert [n for n in python if aws[n].read_bytes() != here[n].read_bytes()] == []
