"""Bringing the embedded cloud up and down, whatever state it was left in."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cwp_local.cloud import archive, clients, crash, deployment, health, ports, processes, tools
from cwp_local.cloud.errors import CloudError
from cwp_local.cloud.home import Home
from cwp_local.cloud.parts import MARK, Part, emulator, parts
from cwp_local.cloud.processes import Running

#: Told what is being done, in a few words.
Say = Callable[[str], None]

_START_LIMIT_S = 60
#: The emulator writes its state when it is asked to end; killing it before would be a crash.
_EMULATOR_STOP_S = 60
#: The longest a statement or an answer may take to end.
_STOP_S = 30


@dataclass(frozen=True)
class PartState:
    """One part as it is now."""

    name: str
    stands_for: str
    url: str
    pid: int | None
    state: str


@dataclass(frozen=True)
class Outcome:
    """What `up` did. `recovery_due`: the emulator had crashed; tables and queues are empty."""

    started: tuple[str, ...]
    deployed: bool
    recovery_due: bool
    parts: tuple[PartState, ...]


def up(home: Home, environ: Mapping[str, str], say: Say) -> Outcome:
    """Start what does not run, deploy if needed; nothing to do takes about a second.

    The caller holds the home (`Home.held`).

    Raises:
        CloudError: one sentence and, where it helps, the end of a log.
    """
    home.make()
    tools.check(home.root, environ)
    for part in parts(home, environ):
        if not processes.find(part.pid_file):
            _refuse_taken_port(part)
    started = tuple(part.name for part in parts(home, environ) if _ensure(home, part, say))
    deployed = _ensure_deployed(home, environ, say)
    while crash.is_set_aside(home):
        _put_objects_back(home, environ, say)
        deployed |= _ensure_deployed(home, environ, say)
    return Outcome(
        started=started,
        deployed=deployed,
        recovery_due=crash.recovery_due(home).exists(),
        parts=states(home, environ),
    )


def down(home: Home, environ: Mapping[str, str], say: Say) -> tuple[str, ...]:
    """Stop everything gracefully; returns what was stopped.

    Redshift first: it ends the statement it runs, which reads S3, and says so on the bus. Then the
    emulator with the functions, and last the sandbox that they call.
    """
    stopped = []
    sandbox, redshift, aws = parts(home, environ)
    for part in (redshift, aws, sandbox):
        if processes.find(part.pid_file):
            say(f"stopping the {part.name}")
            stopped.append(part.name)
        _stop(part)
    return tuple(stopped)


def wipe(home: Home) -> None:
    """Delete all state of a stopped cloud: only what the runner made, and the lock last."""
    for name in ("emulator", "sandbox", "logs", "run"):
        shutil.rmtree(home.path / name, ignore_errors=True)
    for path in home.path.glob(f"{home.warehouse.name}*"):
        path.unlink(missing_ok=True)
    if home.path.exists() and not any(home.path.iterdir()):
        home.path.rmdir()


def recovered(home: Home) -> None:
    """Tables and queues were made anew; nothing of the crash is left to do."""
    crash.recovery_due(home).unlink(missing_ok=True)


def states(home: Home, environ: Mapping[str, str]) -> tuple[PartState, ...]:
    """All parts as they are now."""
    return tuple(_state(part) for part in parts(home, environ))


def _state(part: Part) -> PartState:
    running = processes.find(part.pid_file)
    if not running:
        state = "stopped" if processes.read(part.pid_file) is None else "dead"
    else:
        state = "well" if health.is_well(part) else "does not answer"
    return PartState(part.name, part.stands_for, part.url, running.pid if running else None, state)


def _ensure(home: Home, part: Part, say: Say) -> bool:
    """Make one part run and be well; True if it had to be started."""
    running = processes.find(part.pid_file)
    if running:
        health.wait(part, running, _START_LIMIT_S)
        _loaded(home, part)
        return False
    _clear(home, part, say)
    say(f"starting the {part.name} ({part.stands_for})")
    health.wait(part, _start(part), _START_LIMIT_S)
    _loaded(home, part)
    return True


def _clear(home: Home, part: Part, say: Say) -> None:
    """Tidy up after an end that nobody asked for."""
    if dead := processes.read(part.pid_file):
        say(f"the {part.name} (pid {dead.pid}) has ended by itself; starting it again")
        _stop(part)
    if part.name == "emulator":
        _prepare_state(home, say)


def _prepare_state(home: Home, say: Say) -> None:
    if crash.crashed(home):
        say("the emulator crashed: only S3 and the warehouse survive; setting S3 aside")
        crash.set_aside(home)
        deployment.forget(home)
    elif released := crash.release_in_flight(home):
        say(f"{released} messages that were in work when the cloud stopped are back in their queue")
    (home.emulator / "scratch").mkdir(exist_ok=True)


def _loaded(home: Home, part: Part) -> None:
    if part.name == "emulator":
        crash.forget_saved_state(home)


def _refuse_taken_port(part: Part) -> None:
    if ports.is_free(part.port):
        return
    who = ports.holder(part.port) or "another process"
    raise CloudError(
        f"port {part.port}, which the {part.name} needs, is held by {who}; "
        f"end it, or choose another port with {part.port_variable}"
    )


def _start(part: Part) -> Running:
    return processes.start(part.command, part.environment, part.log, part.pid_file)


def _stop(part: Part) -> None:
    """End the part and whatever it left running; a dead one is tidied up."""
    noted = processes.read(part.pid_file)
    if not noted:
        return
    if not processes.stop(noted, _EMULATOR_STOP_S if part.name == "emulator" else _STOP_S):
        processes.kill(noted)
    processes.kill_left_behind(noted, (MARK, part.environment[MARK]))
    part.pid_file.unlink(missing_ok=True)


def _ensure_deployed(home: Home, environ: Mapping[str, str], say: Say) -> bool:
    cloudformation = clients.client("cloudformation", home.emulator_url)
    why = deployment.needed(home, cloudformation)
    if why:
        say(f"deploying the six stacks ({why}); about a minute")
        deployment.deploy(home, cloudformation, environ)
    archive.ensure(clients.client("events", home.emulator_url))
    return bool(why)


def _put_objects_back(home: Home, environ: Mapping[str, str], say: Say) -> None:
    say("putting the objects back into the bucket (the emulator restarts)")
    part = emulator(home, environ)
    _stop(part)
    crash.put_back(home)
    _ensure(home, part, say)
