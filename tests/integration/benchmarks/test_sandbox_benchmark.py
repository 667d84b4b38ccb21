import json
import subprocess
import sys
from pathlib import Path


def test_the_benchmark_of_the_sandbox_runs(tmp_path: Path) -> None:
    options = ["--tickets", "200", "--requests", "1", "--results", str(tmp_path)]
    command = [sys.executable, "-m", "benchmarks.sandbox", "--data-dir", str(tmp_path / "data")]
    subprocess.run([*command, *options], check=True, capture_output=True, timeout=120)
    result = json.loads((tmp_path / "sandbox.json").read_text("utf-8"))
    names = [row["name"] for row in result["rows"]]
    assert names[0] == "make the company"
    assert "/service/tickets: page by keyset" in names
    assert names[-1] == "play a working day"
    assert not (tmp_path / "data").exists()
