"""What went wrong, named by what to do next.

::

    PipelineError
    ├── Retriable   the message comes back later            (throttled, timed out, a lost race)
    └── Terminal    the message goes to the dead-letter queue now, with its reason
                    (malformed, unknown table, refused by the API)

Any other exception is a bug or a fault of the platform: it is treated as `Retriable`, so that a
deployment that fixes it also heals the message. A `Retriable` that has used up its receives is
dead-lettered with its reason too (see `cwp_shared.inbox`).
"""


class PipelineError(Exception):
    """Base of the errors that services raise on purpose.

    The text is for a person: it names the thing (tenant, table, key, message) and says what to do.
    It never carries a secret.
    """


class Retriable(PipelineError):
    """Try again, after `retry_after` seconds if given, else after the inbox's growing delay."""

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Terminal(PipelineError):
    """Trying again cannot help; a person or a later deployment has to."""
