"""The names of a stage's resources, by the convention that the templates follow."""

from dataclasses import dataclass

from cwp_ops.errors import OperatorError
from cwp_shared.settings import Stage

#: Every queue: the service that owns it, and what it holds.
QUEUES = (
    ("scheduler", "requests"),
    ("scheduler", "progress"),
    ("fetcher", "jobs"),
    ("writer", "pages"),
    ("writer", "sweeps"),
    ("transformer", "files"),
    ("loader", "commits"),
    ("loader", "statements"),
)

#: Every function, and the queue that it takes its messages from.
QUEUE_OF = {
    "scheduler plan": "scheduler-requests",
    "scheduler track": "scheduler-progress",
    "fetcher fetch": "fetcher-jobs",
    "writer write": "writer-pages",
    "writer compare": "writer-sweeps",
    "transformer transform": "transformer-files",
    "loader gather": "loader-commits",
    "loader settle": "loader-statements",
}
#: What a person calls them: `fetcher-fetch`.
FUNCTIONS = tuple(known.replace(" ", "-") for known in QUEUE_OF)


@dataclass(frozen=True)
class Queue:
    """One queue and its dead-letter queue."""

    service: str
    noun: str
    stage: Stage

    @property
    def short(self) -> str:
        """`fetcher-jobs`: what a person types."""
        return f"{self.service}-{self.noun}"

    @property
    def name(self) -> str:
        """`connectwise-fetcher-jobs-local`."""
        return f"connectwise-{self.service}-{self.noun}-{self.stage}"

    @property
    def dead_letters(self) -> str:
        """`connectwise-fetcher-jobs-dlq-local`."""
        return f"connectwise-{self.service}-{self.noun}-dlq-{self.stage}"


def queues(stage: Stage) -> tuple[Queue, ...]:
    """All queues, in the order in which data passes them."""
    return tuple(Queue(service, noun, stage) for service, noun in QUEUES)


def queue_named(text: str, stage: Stage) -> Queue:
    """A queue by what a person calls it: `fetcher-jobs`, or its name, or its dead letters' name.

    Raises:
        OperatorError: there is none.
    """
    known = queues(stage)
    for queue in known:
        if text in {queue.short, queue.name, queue.dead_letters}:
            return queue
    shorts = ", ".join(queue.short for queue in known)
    raise OperatorError(f"there is no queue {text!r}; the queues are: {shorts}")


def log_group(function: str, stage: Stage) -> str:
    """The log group of a function, by what a person calls it: `fetcher-fetch`.

    Raises:
        OperatorError: there is none.
    """
    for service, noun in (known.split() for known in QUEUE_OF):
        if function == f"{service}-{noun}":
            return f"/aws/lambda/connectwise-{service}-{stage}-{noun}"
    shorts = ", ".join(FUNCTIONS)
    raise OperatorError(f"there is no function {function!r}; the functions are: {shorts}")


def bus(stage: Stage) -> str:
    """The pipeline's bus."""
    return f"connectwise-{stage}"


def archive(stage: Stage) -> str:
    """The archive of the bus."""
    return f"connectwise-{stage}"


def shared_stack(stage: Stage) -> str:
    """The stack whose outputs name the bucket."""
    return f"connectwise-shared-{stage}"


def loader_role(stage: Stage) -> str:
    """The role that loads."""
    return f"connectwise-loader-settle-{stage}"


def loader_user(stage: Stage) -> str:
    """The database user that this role is in the warehouse."""
    return f"IAMR:{loader_role(stage)}"


def table(noun: str, stage: Stage) -> str:
    """`TenantServices-local`."""
    return f"{noun}-{stage}"
