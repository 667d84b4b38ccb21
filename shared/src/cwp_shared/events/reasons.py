"""Why the API did not give what was asked for."""

from typing import Literal

#: Why a job could not be done, for people and for the run's outcome.
ReasonClass = Literal[
    "credentials",  # 401, or a collection that answers 404: keys, company or codebase are wrong
    "permission",  # 403: the API member's role may not read this table
    "configuration",  # no such tenant, host not allowed, secret missing
    "refused",  # the API does not take the request (400 and its kin): a field or condition is wrong
    "bad_page",  # an answer that is not a JSON array of rows with rising ids
    "exhausted",  # retried until the queue gave up
    "incomplete",  # a sweep that /count does not confirm
]
