"""How a job can fail or wait, beyond what `cwp_shared.connectwise.failures` says of a request.

::

    Retriable
    └── PutOff      the job goes back to its queue by itself: the tenant's API may not be asked now,
                    or the function's time is up. No fault of the job's, so no try of it is used up
"""

from cwp_shared.errors import Retriable


class PutOff(Retriable):
    """Not now.

    `seconds` until it makes sense to try; `changes` to the job that is to be tried then.
    """

    def __init__(self, message: str, seconds: float, **changes: int) -> None:
        super().__init__(message, retry_after=round(seconds))
        self.seconds = seconds
        self.changes = changes
