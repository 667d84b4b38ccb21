"""HTTP as ConnectWise is asked: connections kept and tried again, time and bodies bounded."""

import io
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Final

import requests
from aws_lambda_powertools import Logger
from requests.auth import HTTPBasicAuth
from urllib3.util import Retry

from cwp_shared.connectwise.addresses import GuardedAdapter
from cwp_shared.connectwise.answers import Answer
from cwp_shared.connectwise.failures import Unreachable
from cwp_shared.errors import Retriable, Terminal

_CONNECT_SECONDS: Final = 5
#: Silence, not the whole answer: a page of a thousand rows may take long to begin.
_READ_SECONDS: Final = 30
#: The whole body: a server that drips must not hold the function until it is killed.
_BODY_SECONDS: Final = 30
#: A page of 1,000 tickets has 1.7 MB; what is forty times that is not a page.
MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_MAX_ERROR_BYTES: Final = 64 * 1024
_CHUNK: Final = 256 * 1024

#: Connecting only: a request that may have arrived is not sent again behind the caller's back, who
#: counts what the API is asked.
_RETRIES: Final = Retry(
    total=2,
    connect=2,
    read=0,
    status=0,
    redirect=0,
    other=0,
    backoff_factor=0.5,
    # Else urllib3 takes every 429 and 503 with a Retry-After for its own to retry.
    respect_retry_after_header=False,
)

logger = Logger()


def new_session() -> requests.Session:
    """A session that keeps connections open and tries again to make one."""
    session = requests.Session()
    adapter = GuardedAdapter(max_retries=_RETRIES, pool_connections=32, pool_maxsize=2)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = "connectwise-data-pipeline"
    return session


class Transport:
    """GET, and nothing else. Redirects are answers, not followed: keys stay with their host."""

    def __init__(
        self, session: requests.Session, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._session = session
        self._seconds = seconds

    def get(
        self,
        what: str,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        login: tuple[bytes, bytes] | None = None,
    ) -> Answer:
        """The server's answer, whatever its status, with its body read.

        Args:
            what: the request, for a person; errors and the log begin with it.
            url: without query.
            params: the query, not yet encoded.
            headers: beside the session's own.
            login: user and password of Basic authentication; None sends none, whatever a
                `.netrc` says.

        Raises:
            Unreachable: no connection, or an answer cut off.
            Retriable: no answer in time.
            Terminal: an answer larger than any page.
            JobFailed: the host's name leads where it may not (`addresses`).
        """
        started = self._seconds()
        try:
            with self._session.get(
                url,
                params=params,
                headers=headers,
                auth=HTTPBasicAuth(*login) if login else _no_login,
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response:
                answer = Answer(response.status_code, response.headers, self._body(response, what))
        except requests.ReadTimeout as error:
            raise Retriable(f"{what}: {_root(error)}") from None
        except requests.RequestException as error:
            # The cause is named and dropped: its own text may repeat headers.
            raise Unreachable(f"{what}: {_root(error)}") from None
        logger.info(
            what,
            status=answer.status,
            milliseconds=round((self._seconds() - started) * 1000),
            body_bytes=len(answer.body),
            query=params,
            cw_request_id=answer.request_id,
        )
        return answer

    def _body(self, response: requests.Response, what: str) -> bytes:
        bound = MAX_BODY_BYTES if response.status_code == HTTPStatus.OK else _MAX_ERROR_BYTES
        # Its value is its own buffer: a body is in memory once.
        body = io.BytesIO()
        for chunk in self._in_time(response.iter_content(_CHUNK), what):
            body.write(chunk)
            if body.tell() > bound:
                if response.status_code != HTTPStatus.OK:
                    break
                raise Terminal(
                    f"{what}: the answer is larger than {bound} bytes; "
                    "give the table a smaller page_size in tables.json"
                )
        return body.getvalue()

    def _in_time(self, chunks: Iterator[bytes], what: str) -> Iterator[bytes]:
        end = self._seconds() + _BODY_SECONDS
        for chunk in chunks:
            if self._seconds() > end:
                raise Retriable(f"{what}: the answer took longer than {_BODY_SECONDS} s")
            yield chunk


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _root(error: BaseException) -> str:
    """The innermost cause: `ConnectionRefusedError: [Errno 111] Connection refused`."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    name = type(error).__name__
    return name if isinstance(error, requests.RequestException) else f"{name}: {error}"
