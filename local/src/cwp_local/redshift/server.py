"""The HTTP side: AWS JSON 1.1 over Starlette, and the parts put together."""

import json
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cwp_local.redshift.access import Access
from cwp_local.redshift.callers import Callers, EverybodyIsAdministrator, access_key
from cwp_local.redshift.errors import ApiError, validation
from cwp_local.redshift.events import Announcer
from cwp_local.redshift.execute import QUERY_LIMIT_S, Execution
from cwp_local.redshift.faults import FAULT, Faults, LoseEvent
from cwp_local.redshift.history import History
from cwp_local.redshift.objects import Roles
from cwp_local.redshift.operations import Operations
from cwp_local.redshift.request_check import check_request
from cwp_local.redshift.sessions import Sessions
from cwp_local.redshift.statements import Statement
from cwp_local.redshift.warehouse import Warehouse
from cwp_local.redshift.worker import Worker
from cwp_shared.clock import Clock, utc_now

logger = logging.getLogger(__name__)

_PREFIX = "RedshiftData."
_CONTENT_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Parts:
    """What the server is made of besides the warehouse."""

    roles: Roles
    announcer: Announcer
    clock: Clock = utc_now
    callers: Callers = field(default_factory=EverybodyIsAdministrator)
    query_limit_s: float = QUERY_LIMIT_S


def create_app(path: Path | None, parts: Parts) -> Starlette:
    """The application over the warehouse file at `path` (None: in memory).

    The worker starts with the application; at its end the running statement is finished and the
    file is closed.

    Raises:
        RuntimeError: the file cannot be opened.
    """
    warehouse = Warehouse(path)
    history = History(parts.clock)
    faults = Faults()
    execution = Execution(history, parts.roles, faults, parts.query_limit_s)
    sessions = Sessions(warehouse, parts.clock)
    tell = _telling(parts.announcer, faults)
    worker = Worker(warehouse, history, execution, faults, sessions, tell)
    operations = Operations(history, worker, faults, sessions, warehouse)
    access = Access(parts.callers, history)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        worker.start()
        yield
        await run_in_threadpool(worker.stop)
        await run_in_threadpool(parts.announcer.close)
        sessions.close()
        await run_in_threadpool(warehouse.close)

    async def call(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, operations, access, request.headers, body)

    async def health(_: Request) -> Response:
        active = sum(not statement.ended for statement in history.all())
        place = str(path) if path else "in memory"
        return JSONResponse({"status": "ok", "warehouse": place, "active_statements": active})

    async def fault(request: Request) -> Response:
        return _faults(faults, request.method, await request.body())

    routes = [
        Route("/", call, methods=["POST"]),
        Route("/_redshift/faults", fault, methods=["GET", "POST", "DELETE"]),
        Route("/_redshift/health", health, methods=["GET"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def _telling(announcer: Announcer, faults: Faults) -> Callable[[Statement], None]:
    def tell(statement: Statement) -> None:
        submission = statement.submission
        if not (submission.with_event and faults.take(LoseEvent, submission.name)):
            announcer.announce(statement)

    return tell


def _faults(faults: Faults, method: str, body: bytes) -> Response:
    """What is to go wrong: one more, none any more, or what is left of it."""
    try:
        if method == "POST":
            faults.add(FAULT.validate_json(body))
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=False)
        return JSONResponse({"message": "not a fault", "details": told}, 400)
    if method == "DELETE":
        faults.clear()
    return JSONResponse([fault.model_dump() for fault in faults.left()])


def _answer(operations: Operations, access: Access, headers: Any, body: bytes) -> Response:
    try:
        key = access_key(headers.get("authorization", ""))
        answer = _called(operations, access, key, headers.get("x-amz-target", ""), body)
    except ApiError as error:
        return _failed(error)
    except Exception:
        logger.exception("a call failed inside the local Redshift")
        return _failed(
            ApiError("InternalServerException", "the local Redshift has a bug; see its log")
        )
    return _response(answer, 200)


def _called(
    operations: Operations, access: Access, key: str, target: str, body: bytes
) -> dict[str, Any]:
    name = target.removeprefix(_PREFIX)
    if not target.startswith(_PREFIX) or name not in operations.calls:
        raise ApiError(
            "UnknownOperationException", f"the local Redshift has no {target or 'target'}"
        )
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        raise validation("the body of the request is not JSON") from None
    asked = check_request(name, parsed)
    return operations.by(access.caller(key, name, asked)).calls[name](asked)


def _failed(error: ApiError) -> Response:
    body = {"__type": error.code, "Message": str(error), **error.members}
    return _response(body, error.status, {"x-amzn-ErrorType": error.code})


def _response(body: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(
        json.dumps(body, default=_plain),
        status,
        {"x-amzn-RequestId": str(uuid.uuid4()), **(headers or {})},
        _CONTENT_TYPE,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).timestamp()
    raise TypeError(f"{type(value).__name__} has no place in an answer")
