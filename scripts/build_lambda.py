"""Build one service's Lambda zip, reproducibly, from the lock.

    python scripts/build_lambda.py fetcher --stage dev

The zip holds the service's own package, cwp_shared, the mappings if the service reads them, and,
for AWS stages, the service's locked dependencies for Lambda's Python and processor. On stage local
the emulator's Python already has the dependencies. Equal sources give equal bytes: files are
sorted and their times fixed. A zip that is newer than everything it is made from stays.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON_VERSION = "3.13"
PLATFORM = "aarch64-manylinux_2_28"
#: Lambda's own limit, unpacked; exceeding it fails here and not at the end of an upload.
LIMIT_BYTES = 262_144_000
#: Services whose zip carries the mapping files.
NEED_MAPPINGS = {"transformer"}
#: What no function imports: tests, headers, type stubs and pyarrow's optional engines.
PRUNED_DIRECTORIES = {"tests", "include", "__pycache__"}
PRUNED_FILES = (
    "libarrow_flight",
    "libarrow_python_flight",
    "libparquet_encryption",
    "_flight",
    "_pyarrow_cpp_tests",
)
PRUNED_SUFFIXES = (".pyi", ".pyx", ".pxd", ".pxi", ".h", ".hpp", ".cc", ".c")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("service", help="a folder of services/")
    parser.add_argument("--stage", required=True, choices=["local", "dev", "prod"])
    arguments = parser.parse_args()
    service_dir = ROOT / "services" / arguments.service
    if not service_dir.is_dir():
        sys.exit(f"no service {arguments.service!r} in {ROOT / 'services'}")
    full = arguments.stage != "local"
    target = service_dir / ".build" / f"{arguments.service}-{'full' if full else 'code'}.zip"
    target.parent.mkdir(exist_ok=True)
    if is_fresh(target, service_dir):
        print(f"{target.relative_to(ROOT)} is up to date")
        return
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        if full:
            install_dependencies(arguments.service, tree)
        copy_own_code(arguments.service, tree)
        size = write_zip(tree, target)
    print(f"{target.relative_to(ROOT)}: {size / 1e6:.1f} MB unpacked")
    if size > LIMIT_BYTES:
        sys.exit(f"{target.name} unpacks to {size} bytes, over Lambda's limit of {LIMIT_BYTES}")


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


def install_dependencies(service: str, tree: Path) -> None:
    """The service's own locked dependencies, as wheels for Lambda; nothing is compiled."""
    uv = find_uv()
    requirements = tree / "requirements.txt"
    export = [uv, "export", "--quiet", "--frozen", "--package", f"cwp-{service}", "--no-dev"]
    export += ["--no-emit-workspace", "--no-header", "--output-file", str(requirements)]
    subprocess.run(export, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    install = [uv, "pip", "install", "--quiet", "--target", str(tree), "--requirements"]
    install += [str(requirements), "--python-version", PYTHON_VERSION]
    install += ["--python-platform", PLATFORM, "--only-binary", ":all:", "--link-mode", "copy"]
    subprocess.run(install, cwd=ROOT, check=True)
    requirements.unlink()
    prune(tree)


def find_uv() -> str:
    own = ROOT / ".tools" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if not found:
        sys.exit("uv is not installed; `make setup` puts it into .tools/")
    return found


def prune(tree: Path) -> None:
    for path in sorted(tree.rglob("*"), reverse=True):
        if path.is_dir():
            if path.name in PRUNED_DIRECTORIES and "pyarrow" in path.parts:
                shutil.rmtree(path)
        elif path.name.startswith(PRUNED_FILES) or path.suffix in PRUNED_SUFFIXES:
            path.unlink()
    shutil.rmtree(tree / "bin", ignore_errors=True)


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
            archive.writestr(entry, content)
    partial.replace(target)
    return size


if __name__ == "__main__":
    main()
