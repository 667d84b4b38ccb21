"""How a request to ConnectWise can fail, beyond what `cwp_shared.errors` says for everybody.

::

    PipelineError
    ├── JobFailed   nothing here or in a queue can mend it: keys, rights, settings
    │   └── NotFound    404: of a collection keys or route are wrong, of a row it is gone
    ├── Retriable   no answer in time, 502 and its kin
    │   ├── Unreachable no connection, or one that broke
    │   ├── Throttled   429: leave the whole tenant alone for so long
    │   ├── ServerFault 500: the service is there, this answer is not
    │   └── BadAnswer   a 200 that is not what was asked for
    └── Terminal    the API does not take the request
"""

from typing import Final

from cwp_shared.errors import PipelineError, Retriable
from cwp_shared.events.reasons import ReasonClass


class JobFailed(PipelineError):
    """Somebody has to change a key, a right or a setting; until then every try fails alike."""

    def __init__(self, reason_class: ReasonClass, message: str) -> None:
        super().__init__(message)
        self.reason_class: ReasonClass = reason_class


class NotFound(JobFailed):
    """404. On the cloud wrong keys can look like it, so a collection's is never "no rows"."""

    def __init__(self, message: str) -> None:
        super().__init__("credentials", message)


class Unreachable(Retriable):
    """No connection, or one that broke before the answer was whole."""


class Throttled(Retriable):
    """429. `seconds` to leave the tenant's API alone, by whomever it was asked."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message, retry_after=seconds)
        self.seconds = seconds


class ServerFault(Retriable):
    """500: a row that cannot be shown, a query that took too long, or a hiccup.

    `timed_out`: the API says that it was the query's time.
    """

    def __init__(self, message: str, *, timed_out: bool) -> None:
        super().__init__(message)
        self.timed_out = timed_out


#: Seconds between tries of a page that was no page: long enough for a hiccup of a proxy to pass,
#: short enough that the run says within a minute what is wrong.
_BAD_ANSWER_DELAY: Final = 10


class BadAnswer(Retriable):
    """The API answered 200 with a body that cannot be taken."""

    def __init__(self, message: str, body: bytes) -> None:
        super().__init__(message, retry_after=_BAD_ANSWER_DELAY)
        self.body = body
