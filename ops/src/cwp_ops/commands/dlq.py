"""dlq: look at dead letters, send them back, take them out."""

import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar

import typer
from rich.json import JSON
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from cwp_ops.commands.letter_options import choosing
from cwp_ops.commands.options import AsJson, Yes
from cwp_ops.context import Operator, operator_of
from cwp_ops.dead_letters import DeadLetter
from cwp_ops.drop import copy_key
from cwp_ops.drop import drop as drop_letters
from cwp_ops.errors import OperatorError
from cwp_ops.holding import Holding, hold_for
from cwp_ops.letter_choice import Choice
from cwp_ops.letter_report import QueueLetters, letter_parts, queue_letters
from cwp_ops.names import bus, queue_named
from cwp_ops.queue_depths import Depth
from cwp_ops.redrive import fits, redrive
from cwp_ops.replay import DRY_RUN, REDRIVE, Replayed, Replayer, would_be_replayed
from cwp_ops.times import age_text
from cwp_shared.clock import utc_now

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Dead letters: what was given up on and why; send it back, or take it out.",
)

#: Reasons are told of so many letters of a queue.
_LOOKED_AT = 1_000
_LOOK_S = 30
#: Letters received a second when none are sent on.
_RECEIVED_RATE = 50.0

Result = TypeVar("Result")
#: Told of so many letters that were dealt with.
Moved = Callable[[int], None]

QueueName = Annotated[
    str | None, typer.Argument(help="Only this queue's, e.g. fetcher-jobs.", metavar="[QUEUE]")
]


@app.command("list", epilog="Example: cwpipe dlq list   As JSON: cwpipe dlq list --json")
def list_(
    context: typer.Context,
    queue: QueueName = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Show every dead-letter queue: how many, how old, and why.

    Looking hides the letters from other commands for a moment and takes nothing away. Of a very
    full queue the reasons of 1,000 letters are told.
    """
    operator = operator_of(context)
    found = [_looked_into(operator, depth) for depth in _depths(operator, queue)]
    if as_json:
        operator.out.print_json(json.dumps([one.as_json() for one in found]))
    else:
        operator.out.print(_overview(found))
        for one in found:
            _tell_reasons(operator, one)


@app.command(epilog="Example: cwpipe dlq show 1f3a9c02")
def show(
    context: typer.Context,
    message: Annotated[str, typer.Argument(help="A message id, or how it begins.")],
    queue: QueueName = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Show one dead letter: what it is, why it was given up on, and what it failed of before."""
    operator = operator_of(context)
    choice = Choice(message_id=message)
    in_queues = _each_queue(
        operator, queue, _RECEIVED_RATE, lambda holding, _: holding.find(choice.takes)
    )
    found = [held.letter for in_queue in in_queues for held in in_queue]
    if len(found) != 1:
        how = "no dead letter has" if not found else f"{len(found)} dead letters have"
        raise OperatorError(f"{how} an id that begins with {message!r}; see `cwpipe dlq list`")
    if as_json:
        operator.out.print_json(json.dumps(letter_parts(found[0])))
    else:
        _tell_letter(operator, found[0])


@app.command(
    epilog="Examples: cwpipe dlq replay --dry-run   cwpipe dlq replay fetcher-jobs   "
    "cwpipe dlq replay --tenant acme --reason throttl --older-than 15m --rate 5"
)
@choosing
def replay(
    context: typer.Context,
    queue: QueueName = None,
    *,
    choice: Choice,
    rate: Annotated[float, typer.Option(min=0.1, max=500, help="Letters a second.")] = 50.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent back, and send nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send dead letters back to the queue they came from: all, or those that are chosen.

    Safe at any time and any number of times: a letter is deleted only after its copy was taken,
    and every consumer is idempotent. What fails again comes back with its history.
    """
    operator = operator_of(context)
    done = _replayed(operator, queue, choice, rate, dry_run=dry_run)
    if as_json:
        operator.out.print_json(json.dumps([vars(one) for one in done]))
    else:
        _tell_replayed(operator, done)
    if any(one.refused for one in done):
        raise typer.Exit(1)


@app.command(epilog="Example: cwpipe dlq drop writer-pages --reason 'not an EventBridge envelope'")
@choosing
def drop(
    context: typer.Context,
    queue: QueueName = None,
    *,
    choice: Choice,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take dead letters out for good: all, or those that are chosen. Asks first.

    A copy of each is kept in S3 before it is deleted, under the tenant's quarantine/dead-letters/.
    What the letters stood for does not happen; the pipeline will not ask for it again.
    """
    operator = operator_of(context)
    s3, bucket = operator.cloud.s3, operator.cloud.bucket

    def drop_of(holding: Holding, moved: Moved) -> list[str]:
        chosen = holding.find(choice.takes)
        name = holding.queue.short
        if chosen and not yes:
            example = copy_key(name, chosen[0].letter)
            question = f"Drop {len(chosen)} letters of {name}, keeping copies as {example}?"
            typer.confirm(question, abort=True, err=True)
        return drop_letters(s3, bucket, holding, chosen, moved)

    dropped = _each_queue(operator, queue, _RECEIVED_RATE, drop_of)
    kept = [key for in_queue in dropped for key in in_queue]
    if as_json:
        operator.out.print_json(json.dumps(kept))
    else:
        operator.out.print(f"dropped {len(kept)} letters; copies are in {bucket}")
        for key in kept:
            operator.out.print(f"  {key}", soft_wrap=True)


def _depths(operator: Operator, queue: str | None) -> list[Depth]:
    """The queues that are meant, with how full they are."""
    wanted = queue_named(queue, operator.stage) if queue else None
    return [depth for depth in operator.depths() if wanted in {None, depth.queue}]


def _each_queue(
    operator: Operator, queue: str | None, rate: float, work: Callable[[Holding, Moved], Result]
) -> list[Result]:
    """Work on each dead-letter queue that is meant and not empty, while its letters are held."""
    with Progress(console=operator.err, disable=not operator.err.is_terminal) as progress:
        done = []
        for depth in _depths(operator, queue):
            if not depth.dead:
                continue
            bar = progress.add_task(depth.queue.short, total=depth.dead)
            with Holding(operator.cloud.sqs, depth.queue, hold_for(depth.dead, rate)) as holding:
                done.append(work(holding, partial(progress.advance, bar)))
        return done


def _looked_into(operator: Operator, depth: Depth) -> QueueLetters:
    letters: list[DeadLetter] = []
    if depth.dead:
        with Holding(operator.cloud.sqs, depth.queue, _LOOK_S, _LOOKED_AT) as holding:
            letters = [held.letter for held in holding.find(lambda _: True)]
    return queue_letters(depth, letters, utc_now())


def _replayed(
    operator: Operator, queue: str | None, choice: Choice, rate: float, *, dry_run: bool
) -> list[Replayed]:
    sqs = operator.cloud.sqs
    replayer = Replayer(sqs, operator.cloud.client("events"), bus(operator.stage), rate)

    def replay_queue(holding: Holding, moved: Moved) -> Replayed:
        # Rules leave letters that SQS may not move; a choice is something that it cannot make.
        if choice.is_everything and not dry_run and fits(sqs, holding.queue):
            native = redrive(sqs, holding.queue, rate, moved)
            if native:
                return native
        chosen = holding.find(choice.takes)
        if dry_run:
            return would_be_replayed(holding, chosen)
        return replayer.send_back(holding, chosen, moved)

    return _each_queue(operator, queue, rate, replay_queue)


def _overview(found: list[QueueLetters]) -> Table:
    table = Table("queue", title="dead letters", title_justify="left")
    table.add_column("letters", justify="right")
    for column in ("oldest", "given up on at"):
        table.add_column(column)
    for one in found:
        colour = "red" if one.depth else "green"
        number = f"[{colour}]{one.depth:,}[/{colour}]"
        table.add_row(one.queue, number, age_text(one.oldest_age_s), (one.oldest or "")[:19])
    return table


def _tell_reasons(operator: Operator, one: QueueLetters) -> None:
    if one.looked_at < one.depth:
        operator.out.print(f"{one.queue}: reasons of {one.looked_at:,} of {one.depth:,} letters")
    for reason in one.reasons:
        text = f"{reason.error_type}: {reason.reason}"
        operator.out.print(
            f"[red]{one.queue}[/red]: {reason.count} x {escape(text)} "
            f"(last {reason.newest[:19]}, e.g. {reason.example})",
            soft_wrap=True,
        )


def _tell_letter(operator: Operator, letter: DeadLetter) -> None:
    out = operator.out
    parts = letter_parts(letter)
    facts = Table.grid(padding=(0, 2))
    for name in ("queue", "message_id", "tenant_id", "table", "sent_at", "target_arn"):
        if parts[name]:
            facts.add_row(name.replace("_", " "), escape(str(parts[name])))
    out.print(facts)
    for failure in letter.history.failures:
        text = f"{failure.error_type}: {failure.reason}"
        tries = f", received {failure.receives} times" if failure.receives else ""
        out.print(f"[red]{failure.failed_at}[/red]{tries}: {escape(text)}", soft_wrap=True)
    if letter.history.count > 1:
        out.print(
            f"given up on {letter.history.count} times since {letter.history.first_failed_at}"
        )
    for name in ("envelope", "detail"):
        if parts[name] is not None:
            out.print(f"[bold]{name}[/bold]")
            out.print(JSON(json.dumps(parts[name])))


def _tell_replayed(operator: Operator, done: list[Replayed]) -> None:
    if not done:
        operator.out.print("there are no dead letters")
    for one in done:
        would = f"{one.chosen} would be sent back" if one.way == DRY_RUN else ""
        how = " by SQS" if one.way == REDRIVE else ""
        operator.out.print(f"{one.queue}: {would or f'{one.sent} sent back{how}'}")
        for message_id, why in one.refused:
            operator.err.print(f"[red]still dead[/red] {message_id}: {escape(why)}")
        if not one.is_whole:
            operator.out.print(f"{one.queue} has more than can be held at once; repeat the command")
