from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cwp_local.cloud import archive, cloud, crash, deployment, health, ports, processes, tools
from cwp_local.cloud.errors import CloudError
from cwp_local.cloud.home import Home, Ports
from cwp_local.cloud.parts import Part
from cwp_local.cloud.processes import Running


@dataclass
class Machine:
    """Processes that only exist on paper, and a deployment that is a flag."""

    home: Home
    said: list[str] = field(default_factory=list)
    running: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)
    deployed: bool = False
    deployments: int = 0
    archived: bool = False
    stops: list[str] = field(default_factory=list)
    stubborn: bool = False
    last_pid: int = 100

    def start(self, command: Any, environ: Any, log: Path, pid_file: Path) -> Running:
        assert command
        assert environ
        assert log
        self.last_pid += 1
        self.running.add(self.last_pid)
        pid_file.write_text(f'{{"pid": {self.last_pid}, "started": 1.0}}')
        if pid_file.stem == "emulator":
            self.emulator_pid_file.touch()
        return Running(self.last_pid, 1.0)

    @property
    def emulator_pid_file(self) -> Path:
        return self.home.emulator / "scratch" / "ministack-1.pid"

    def stop(self, running: Running, patience_s: float) -> bool:
        assert patience_s > 0
        if running.pid in self.running and self.stubborn:
            return False
        if running.pid in self.running:
            self.running.discard(running.pid)
            names = [
                p.stem for p in self.home.run.glob("*.pid") if str(running.pid) in p.read_text()
            ]
            self.stops += names
            if names == ["emulator"]:
                self.emulator_pid_file.unlink()
        return True

    def kill(self, running: Running) -> None:
        self.running.discard(running.pid)

    def crash_emulator(self) -> None:
        noted = processes.read(self.home.run / "emulator.pid")
        assert noted
        self.running.discard(noted.pid)
        self.deployed = False

    def needed(self, *_: Any) -> str | None:
        return None if self.deployed else "new"

    def deploy(self, *_: Any) -> None:
        self.deployed = True
        self.deployments += 1

    def archive(self, *_: Any) -> None:
        assert self.deployed
        self.archived = True

    def up(self) -> cloud.Outcome:
        return cloud.up(self.home, {}, self.said.append)

    def down(self) -> tuple[str, ...]:
        return cloud.down(self.home, {}, self.said.append)


def _nothing(*_: Any, **__: Any) -> None:
    return None


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    home = Home(root=tmp_path, path=tmp_path / "home", ports=Ports(1, 2, 3))
    home.make()
    made = Machine(home)
    fakes: dict[Any, dict[str, Any]] = {
        processes: {
            "start": made.start,
            "stop": made.stop,
            "kill": made.kill,
            "kill_left_behind": lambda *_: 0,
            "is_alive": lambda running: running.pid in made.running,
        },
        health: {"wait": _nothing, "is_well": lambda _: True},
        ports: {
            "is_free": lambda port: port not in made.taken,
            "holder": lambda port: f"nginx (pid 7{port})",
        },
        tools: {"check": _nothing},
        archive: {"ensure": made.archive},
        deployment: {"needed": made.needed, "deploy": made.deploy, "forget": _nothing},
    }
    for module, replacements in fakes.items():
        for name, fake in replacements.items():
            monkeypatch.setattr(module, name, fake)
    return made


def test_up_starts_everything_and_deploys(machine: Machine) -> None:
    outcome = machine.up()
    assert outcome.started == ("sandbox", "redshift", "emulator")
    assert outcome.deployed
    assert machine.archived
    assert not outcome.recovery_due
    assert {part.state for part in outcome.parts} == {"well"}


def test_up_again_does_nothing(machine: Machine) -> None:
    machine.up()
    machine.said.clear()
    outcome = machine.up()
    assert (outcome.started, outcome.deployed, machine.said) == ((), False, [])


def test_a_dead_process_is_started_again_and_said_so(machine: Machine) -> None:
    machine.up()
    redshift = processes.read(machine.home.run / "redshift.pid")
    assert redshift
    machine.running.discard(redshift.pid)
    assert machine.up().started == ("redshift",)
    assert f"the redshift (pid {redshift.pid}) has ended by itself; starting it again" in (
        machine.said
    )


def test_a_port_in_use_is_named_before_anything_is_started(machine: Machine) -> None:
    machine.taken = {3}
    with pytest.raises(CloudError, match=r"port 3.*nginx \(pid 73\).*CWPIPE_REDSHIFT_PORT"):
        machine.up()
    assert not machine.running


def test_down_stops_in_order_and_up_brings_it_back(machine: Machine) -> None:
    machine.up()
    assert machine.down() == ("redshift", "emulator", "sandbox")
    assert machine.stops == ["redshift", "emulator", "sandbox"]
    assert machine.down() == ()
    outcome = machine.up()
    assert (outcome.deployed, outcome.recovery_due) == (False, False)


def test_one_that_does_not_stop_is_killed(machine: Machine) -> None:
    machine.up()
    machine.stubborn = True
    machine.down()
    assert not machine.running
    assert not list(machine.home.run.glob("*.pid"))


def test_a_crash_of_the_emulator_is_noticed_and_its_objects_come_back(machine: Machine) -> None:
    machine.up()
    kept = machine.home.emulator / "objects" / "bucket" / "acme" / "raw.parquet"
    kept.parent.mkdir(parents=True)
    kept.write_text("data")
    machine.crash_emulator()
    outcome = machine.up()
    assert outcome.recovery_due
    assert machine.deployments == 2
    assert kept.read_text() == "data"
    assert not crash.is_set_aside(machine.home)
    # Until somebody has recovered, every `up` says that it is due.
    assert machine.up().recovery_due
    cloud.recovered(machine.home)
    assert not machine.up().recovery_due


def test_a_crash_is_noticed_after_a_down_as_well(machine: Machine) -> None:
    machine.up()
    (machine.home.emulator / "objects").mkdir()
    machine.crash_emulator()
    machine.down()
    assert machine.up().recovery_due


def test_a_recovery_that_was_interrupted_goes_on(machine: Machine) -> None:
    machine.up()
    kept = machine.home.emulator / "objects" / "bucket" / "raw.parquet"
    kept.parent.mkdir(parents=True)
    kept.write_text("data")
    machine.crash_emulator()
    crash.set_aside(machine.home)  # and then the power went
    machine.deployed = False
    outcome = machine.up()
    assert outcome.recovery_due
    assert kept.read_text() == "data"


def test_wiping_leaves_nothing_of_a_cloud_but_what_others_put_there(machine: Machine) -> None:
    machine.up()
    machine.down()
    machine.home.warehouse.touch()
    (machine.home.path / "warehouse.duckdb.wal").touch()
    foreign = machine.home.path / "notes.txt"
    foreign.touch()
    cloud.wipe(machine.home)
    assert list(machine.home.path.iterdir()) == [foreign]
    foreign.unlink()
    cloud.wipe(machine.home)
    assert not machine.home.path.exists()


def test_states_tell_stopped_from_dead_and_deaf(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {part.state for part in cloud.states(machine.home, {})} == {"stopped"}
    machine.up()
    machine.crash_emulator()

    def only_sandbox(part: Part) -> bool:
        return part.name == "sandbox"

    monkeypatch.setattr(health, "is_well", only_sandbox)
    found = {part.name: part.state for part in cloud.states(machine.home, {})}
    assert found == {"sandbox": "well", "redshift": "does not answer", "emulator": "dead"}
