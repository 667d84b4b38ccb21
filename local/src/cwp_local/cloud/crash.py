"""What the emulator's directory tells about how it ended, and making an S3 of a crash whole again.

The emulator writes S3 objects as they come and everything else only when it is stopped
gracefully. After a crash it would start with the buckets but without the stacks that made them,
and CloudFormation refuses to make a bucket that exists. So the objects are set aside before such
a start, the stacks deployed into the empty emulator, and the objects put back, as files, while it
is stopped: renaming costs the same for any number of objects and announces none of them anew.

Every step can be interrupted and repeated: as long as `aside` exists the objects are not back.
"""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cwp_local.cloud.home import Home

#: Kept over a crash: the API keys as they were at the last graceful stop.
_KEPT_STATE = "secretsmanager.json"
#: Buckets that deployments make for themselves; a new deployment makes new ones.
_DEPLOYMENT_BUCKET = "-serverlessdeployment"


def crashed(home: Home) -> bool:
    """Whether the emulator, which does not run now, ended without saving its state.

    Its own pid file (in its scratch directory) is removed only by a graceful end. State that was
    loaded is deleted (`forget_saved_state`), so without a pid file there is state or nothing.
    """
    return bool(list((home.emulator / "scratch").glob("ministack-*.pid")))


def set_aside(home: Home) -> None:
    """Before the start after a crash: empty the emulator, keeping objects and known API keys."""
    recovery_due(home).write_text("", "utf-8")
    objects = home.emulator / "objects"
    if objects.exists() and not _aside(home).exists():
        objects.rename(_aside(home))
    # What a start after an earlier crash deployed, before it crashed too.
    shutil.rmtree(objects, ignore_errors=True)
    shutil.rmtree(home.emulator / "scratch", ignore_errors=True)
    for saved in (home.emulator / "state").glob("*"):
        if saved.is_dir():
            shutil.rmtree(saved)
        elif saved.name != _KEPT_STATE:
            saved.unlink()


def is_set_aside(home: Home) -> bool:
    """Whether objects wait to be put back."""
    return _aside(home).exists()


def put_back(home: Home) -> None:
    """While the emulator is stopped gracefully: the objects set aside are the buckets' again."""
    aside, objects = _aside(home), home.emulator / "objects"
    for directory in aside.rglob(f"*{_DEPLOYMENT_BUCKET}*"):
        shutil.rmtree(directory, ignore_errors=True)
    for source in _files(aside):
        target = objects / source.relative_to(aside)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
    shutil.rmtree(aside)


def forget_saved_state(home: Home) -> None:
    """Delete saved state that has been loaded: after a crash it would be old, and not say so."""
    for saved in (home.emulator / "state").glob("*.json"):
        if saved.name != _KEPT_STATE:
            saved.unlink()


def recovery_due(home: Home) -> Path:
    """Exists from a crash until tables and queues were made anew (`cwpipe recover`)."""
    return home.run / "recovery-due"


def release_in_flight(home: Home) -> int:
    """Give messages back that functions were working on when the emulator was stopped.

    They would stay invisible until their timeout, half an hour for some, though nobody works on
    them any more. The receive is taken back too: being stopped is not a failed try. Returns how
    many there were.
    """
    path = home.emulator / "state" / "sqs.json"
    try:
        saved = json.loads(path.read_text("utf-8"))
        queues = saved["payload"]["queues"]["data"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    now = time.time()
    held = [m for m in _messages(queues) if m.get("receive_count") and m["visible_at"] > now]
    for message in held:
        message["visible_at"] = now
        message["receive_count"] -= 1
    if held:
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(saved), "utf-8")
        partial.replace(path)
    return len(held)


def _messages(queues: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for queue in queues.values():
        # Dead letters were received too, but nobody works on them.
        if not str(queue.get("name", "")).endswith("-dlq-local"):
            yield from queue.get("messages") or []


def _aside(home: Home) -> Path:
    return home.emulator / "aside"


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.rglob("*")) if path.is_file())
