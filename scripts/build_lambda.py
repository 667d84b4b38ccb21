"""Build one service's Lambda zip, reproducibly, from the lock.

    python scripts/build_lambda.py fetcher --stage dev

The zip holds the service's own package, cwp_shared, the mappings if the service reads them, and,
for AWS stages, the service's locked dependencies for Lambda's Python and processor, without what no
function imports. On stage local the emulator's Python already has the dependencies. Equal sources
give equal bytes: files are sorted and their times fixed. A zip that is newer than everything it is
made from stays.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Runtime:
    """What the wheels are chosen for, in uv's words."""

    python: str
    platform: str


#: As each serverless.yml says: python3.13 on arm64. Lambda's Amazon Linux has a newer glibc.
LAMBDA = Runtime("3.13", "aarch64-manylinux_2_28")
#: Lambda's own limit, unpacked; exceeding it fails here and not at the end of an upload.
LIMIT_BYTES = 262_144_000
#: Services whose zip carries the mapping files.
NEED_MAPPINGS = {"transformer"}
#: The services of AWS that functions call. botocore describes 400, which is most of its size.
AWS_SERVICES = {"dynamodb", "events", "redshift-data", "s3", "secretsmanager", "sqs"}
#: What no function imports, as globs below the zip's root.
PRUNED = (
    # Left behind by the installer.
    ".lock",
    "bin",
    # For compilers.
    "pyarrow/include",
    "pyarrow/src",
    # Other ways into a library than ours.
    "adbc_driver_duckdb",
    "boto3/examples",
    "duckdb/experimental",
    "*/tests",
    "pyarrow/_pyarrow_cpp_tests*",
    # Of pyarrow's own file systems (bytes come by boto3), formats and engines those not used. Three
    # more libraries are not used either, but each of pyarrow's modules is linked to them.
    "pyarrow/*_azurefs*",
    "pyarrow/*_gcsfs*",
    "pyarrow/*_hdfs*",
    "pyarrow/*_s3*",
    "pyarrow/*_flight*",
    "pyarrow/*_orc*",
    "pyarrow/*parquet_encryption*",
    # One library under three names: what is linked to it asks for the one in the middle.
    "pyarrow/libarrow_python.so",
    "pyarrow/libarrow_python.so.*.*.*",
)
#: And wherever they are, for compilers and type checkers.
PRUNED_SUFFIXES = {".pyi", ".pyx", ".pxd", ".pxi", ".h", ".hpp", ".cc", ".c"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("service", help="a folder of services/")
    parser.add_argument("--stage", required=True, choices=["local", "dev", "prod"])
    parser.add_argument("--output", type=Path, help="build this file anew, not services/*/.build")
    arguments = parser.parse_args()
    service, full = arguments.service, arguments.stage != "local"
    service_dir = ROOT / "services" / service
    if not service_dir.is_dir():
        sys.exit(f"no service {service!r} in {ROOT / 'services'}")
    target = service_dir / ".build" / f"{service}-{'full' if full else 'code'}.zip"
    if arguments.output:
        target = arguments.output.resolve()
    elif is_fresh(target, service_dir):
        print(f"{target} is up to date")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    size = build(service, target, LAMBDA if full else None)
    print(f"{target}: {size / 1e6:.1f} MB unpacked")
    if size > LIMIT_BYTES:
        target.unlink()
        sys.exit(f"{target.name} unpacks to {size} bytes, over Lambda's limit of {LIMIT_BYTES}")


def build(service: str, target: Path, runtime: Runtime | None) -> int:
    """Write the zip to `target`, with dependencies for `runtime`; its unpacked size in bytes."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        assemble(service, tree, runtime)
        return write_zip(tree, target)


def assemble(service: str, tree: Path, runtime: Runtime | None) -> None:
    """Put into the empty folder `tree` what the zip holds."""
    if runtime:
        install_dependencies(service, tree, runtime)
        prune(tree)
    copy_own_code(service, tree)


def is_fresh(target: Path, service_dir: Path) -> bool:
    sources = [service_dir / "src", service_dir / "pyproject.toml", ROOT / "shared/src"]
    sources += [ROOT / "mappings", ROOT / "uv.lock", Path(__file__)]
    files = [
        f for source in sources for f in (source, *source.rglob("*")) if f.name != "__pycache__"
    ]
    changed = max(f.stat().st_mtime for f in files if not f.name.endswith(".pyc"))
    return target.exists() and target.stat().st_mtime > changed


def copy_own_code(service: str, tree: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    own = ROOT / "services" / service / "src" / f"cwp_{service}"
    shutil.copytree(own, tree / own.name, ignore=ignore)
    shutil.copytree(ROOT / "shared/src/cwp_shared", tree / "cwp_shared", ignore=ignore)
    if service in NEED_MAPPINGS:
        shutil.copytree(ROOT / "mappings", tree / "mappings")


def install_dependencies(service: str, tree: Path, runtime: Runtime) -> None:
    """The service's own locked dependencies, as wheels for `runtime`; nothing is compiled."""
    uv = find_uv()
    requirements = tree / "requirements.txt"
    export = [uv, "export", "--quiet", "--frozen", "--package", f"cwp-{service}", "--no-dev"]
    export += ["--no-emit-workspace", "--no-header", "--output-file", str(requirements)]
    subprocess.run(export, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    install = [uv, "pip", "install", "--quiet", "--target", str(tree), "--requirements"]
    install += [str(requirements), "--python-version", runtime.python]
    install += ["--python-platform", runtime.platform, "--only-binary", ":all:"]
    # Nothing is written into the files, so they need not be copied out of uv's cache.
    install += ["--link-mode", "hardlink"]
    subprocess.run(install, cwd=ROOT, check=True)
    requirements.unlink()


def find_uv() -> str:
    own = ROOT / ".tools" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if not found:
        sys.exit("uv is not installed; `make setup` puts it into .tools/")
    return found


def prune(tree: Path) -> None:
    models = (path for path in tree.glob("boto*/data/*") if path.is_dir())
    unused = [path for path in models if path.name not in AWS_SERVICES]
    remove(*unused, *(found for glob in PRUNED for found in tree.glob(glob)))
    remove(*(path for path in tree.rglob("*") if path.suffix in PRUNED_SUFFIXES))


def remove(*paths: Path) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def write_zip(tree: Path, target: Path) -> int:
    """Zip the tree; returns its unpacked size in bytes. Replaces `target` in one step."""
    size = 0
    partial = target.with_suffix(f".{os.getpid()}.partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in tree.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(tree)), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            content = path.read_bytes()
            size += len(content)
            # A higher level takes twice the time to save a twentieth.
            archive.writestr(entry, content, compresslevel=3)
    partial.replace(target)
    return size


if __name__ == "__main__":
    main()
