"""How a job can fail, beyond what `cwp_shared.errors` says for every service.

::

    PipelineError
    ├── JobFailed   published as PageFailed at once; the job is acknowledged, the run's outcome
    │               tells why. Nothing here or in the queue can mend it: keys, rights, settings.
    ├── Retriable
    │   └── BadAnswer   a 200 that is not what was asked for; its body is quarantined when the
    │                   inbox gives up
    └── Terminal    the API does not take the request
"""

from typing import Final

from cwp_shared.errors import PipelineError, Retriable
from cwp_shared.events.pages import ReasonClass


class JobFailed(PipelineError):
    """Somebody has to change a key, a right or a setting; until then every try fails alike."""

    def __init__(self, reason_class: ReasonClass, message: str) -> None:
        super().__init__(message)
        self.reason_class: ReasonClass = reason_class


#: Seconds between tries of a page that was no page: long enough for a hiccup of a proxy to pass,
#: short enough that the run says within a minute what is wrong.
_BAD_ANSWER_DELAY: Final = 10


class BadAnswer(Retriable):
    """The API answered 200 with a body that cannot be taken."""

    def __init__(self, message: str, body: bytes) -> None:
        super().__init__(message, retry_after=_BAD_ANSWER_DELAY)
        self.body = body
