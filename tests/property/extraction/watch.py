"""What must hold of a chain at every moment, and of all that it asked of the API."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from cwp_fetcher.pace import LEASE
from cwp_shared.events import PageJob
from tests.property.extraction.chain import Chain
from tests.property.extraction.cloud import Message
from tests.property.extraction.lake import Lake, unwritten
from tests.property.extraction.services import JOBS


@dataclass
class Watch:
    """Looks at each watermark when it is set; what it finds wrong is kept in `broken`."""

    chain: Chain
    broken: list[str] = field(default_factory=list)
    watermarks: dict[str, list[datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lake = Lake(self.chain.bucket)
        self.chain.last_updated.on_write = self._written

    def _written(self, item: dict[str, Any]) -> None:
        if "watermark" not in item:
            return
        table, watermark = item["table"], datetime.fromisoformat(item["watermark"])
        before = self.watermarks.setdefault(table, [])
        if before and watermark == before[-1]:
            return
        if before and watermark < before[-1]:
            self.broken.append(f"{table}: watermark went back from {before[-1]} to {watermark}")
        before.append(watermark)
        if lost := unwritten(self.lake, self.chain.site.company, table, watermark):
            self.broken.append(f"{table}: watermark {watermark} passed unwritten rows {lost}")


def doubled_runs(chain: Chain) -> list[str]:
    """Runs of one table that were open at the same time."""
    by_table: dict[tuple[str, bool], list[dict[str, Any]]] = {}
    for item in chain.sync_runs.items.values():
        if str(item["sk"]).startswith("RUN#"):
            place = (item["pk"], item["mode"] == "reconcile")
            by_table.setdefault(place, []).append(item)
    return [
        f"{place}: {one['run_id']} and {other['run_id']}"
        for place, runs in by_table.items()
        for one, other in pairwise(sorted(runs, key=lambda run: run["run_id"]))
        if "ended_at" not in one
        or datetime.fromisoformat(one["ended_at"]) > datetime.fromisoformat(other["opened_at"])
    ]


def silent_dead_letters(chain: Chain) -> list[str]:
    """Messages given up on that no event tells the run of."""
    told = {
        (event["run_id"], event["job_id"])
        for kind in ("PageFailed", "PageRejected")
        for event in chain.events.of(kind)
    }
    return [
        f"{queue}: {message.body} {message.attributes}"
        for queue, messages in chain.queues.messages.items()
        if queue.endswith(("dead letters", "redriven"))
        for message in messages
        if "redriven" in queue or _about(message.body) not in told
    ]


def _about(body: str) -> tuple[str, str] | None:
    content = json.loads(body)
    content = content.get("detail", content)
    if "job_id" in content:
        return content["run_id"], content["job_id"]
    return (content["run_id"], PageJob(**content).job_id) if "run_id" in content else None


def impolite(chain: Chain) -> Iterator[str]:
    """Where the tenant's limits were not kept."""
    found, tenant = chain.site.summary(), chain.tenant
    if found.most_in_a_minute > tenant.requests_per_minute:
        yield f"{found.most_in_a_minute} requests in a minute"
    if found.most_at_once > tenant.parallel_requests:
        yield f"{found.most_at_once} requests at once"
    lifetimes = (one.ends - one.began for one in chain.stage.past if one.function == "fetch")
    assert max(lifetimes) < timedelta(seconds=LEASE), "a lease outlives the function that has it"


def needless_requests(chain: Chain) -> Iterator[str]:
    """Requests that repeat another one without a reason.

    A function asks again for what it was given only if something failed in between: then it asks
    whether the service still answers. A job asks nothing once its page has landed, and is done
    again only for a reason (`needless_jobs`).
    """
    given: dict[int, set[str]] = {}
    for asked in chain.site.asked:
        if asked.invocation is None:
            continue
        known = given.setdefault(asked.invocation.number, set())
        if asked.target in known:
            yield f"asked again: {asked.target} for {chain.given[asked.invocation.number]}"
        if asked.answered:
            known.add(asked.target)
        else:
            known.clear()
    for number in sorted(given.keys() & chain.landed_before):
        yield f"asked for a page that had landed: {chain.given[number]}"


def needless_jobs(chain: Chain) -> list[str]:
    """Jobs that were sent twice by functions that had no reason to.

    Reasons are: the message at hand came before (its function died, failed or was answered with
    an error, or it was delivered twice), the job was put off, or its run was picked up.
    """
    again = _handled_again(chain)
    known: set[tuple[str, str]] = set()
    needless = []
    for message in chain.queues.sent.get(JOBS, ()):
        job = PageJob.model_validate_json(message.body)
        place, sender = (job.run_id, job.job_id), message.sender
        explained = message.is_copy or job.waits or sender is None or sender.function == "plan"
        if place in known and not explained and sender and sender.number not in again:
            needless.append(f"{place} by {sender.function} {sender.number}")
        known.add(place)
    return needless


def second_chains(chain: Chain) -> list[str]:
    """Jobs sent on the grounds of a page that another message had landed, and sees to."""
    return [
        f"{message.body} by fetch {message.sender.number}"
        for message in chain.queues.sent.get(JOBS, ())
        if message.sender and message.sender.number in chain.came_late
    ]


def _handled_again(chain: Chain) -> set[int]:
    """Numbers of the invocations that were given something that another had been given before."""
    seen: set[str] = set()
    again: set[int] = set()
    for number, batch in sorted(chain.given.items()):
        subjects = {_subject(message) for message in batch}
        if subjects & seen:
            again.add(number)
        seen |= subjects
    return again


def _subject(message: Message) -> str:
    content = json.loads(message.body)
    if "kind" in content:
        job = PageJob(**content)
        return f"{job.run_id} {job.job_id}"
    if content.get("detail-type") == "TableSurveyed":
        # The survey's job may have been done twice, at different times.
        return f"{content['detail']['run_id']} surveyed"
    return message.body


def completed(chain: Chain, table: str, after: str) -> set[str]:
    """Ids above `after` of a table's completed runs that brought rows."""
    return {
        event["run_id"]
        for event in chain.events.of("RunCompleted")
        if event["table"] == table and event["mode"] != "reconcile" and event["run_id"] > after
    }


def died_at(chain: Chain, function: str) -> set[str]:
    """The places where invocations of a function have died."""
    return {one.died_at for one in chain.stage.past if one.function == function and one.died_at}


def passed(chain: Chain, function: str) -> set[str]:
    """The places where invocations of a function could have died."""
    return {step for one in chain.stage.past if one.function == function for step in one.steps}
