"""The names of a stage's resources, by the convention that the templates follow."""

from dataclasses import dataclass

from cwp_shared.settings import Stage

#: Every queue: the service that owns it, and what it holds.
QUEUES = (
    ("scheduler", "requests"),
    ("scheduler", "progress"),
    ("fetcher", "jobs"),
    ("writer", "pages"),
    ("transformer", "files"),
    ("loader", "commits"),
    ("loader", "statements"),
)


@dataclass(frozen=True)
class Queue:
    """One queue and its dead-letter queue."""

    service: str
    noun: str
    stage: Stage

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


def bus(stage: Stage) -> str:
    """The pipeline's bus."""
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
