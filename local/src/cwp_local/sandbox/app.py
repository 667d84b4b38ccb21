"""The sandbox as an ASGI application: routes, and the one place where HTTP meets the logic."""

import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import format_datetime
from functools import partial
from time import perf_counter

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cwp_local.sandbox import api, control_routes
from cwp_local.sandbox.auth import company_named
from cwp_local.sandbox.calls import VERSION, Answer, Call, Refused, refused
from cwp_local.sandbox.control_routes import Path
from cwp_local.sandbox.state import Sandbox

Endpoint = Callable[[Sandbox, Call, Path], Answer]

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_CONTROL: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/health", control_routes.health),
    ("GET", "/log", control_routes.get_log),
    ("GET", "/companies", control_routes.list_companies),
    ("POST", "/companies", control_routes.make_company),
    ("GET", "/companies/{company}", control_routes.get_company),
    ("DELETE", "/companies/{company}", control_routes.delete_company),
    ("POST", "/companies/{company}/changes", control_routes.play_changes),
    ("GET", "/companies/{company}/weather", control_routes.get_weather),
    ("PUT", "/companies/{company}/weather", control_routes.set_weather),
    ("GET", "/companies/{company}/rows/{table}/{row_id:int}", control_routes.get_row),
    ("PATCH", "/companies/{company}/rows/{table}/{row_id:int}", control_routes.patch_row),
)

logger = logging.getLogger(__name__)


def make_app(sandbox: Sandbox) -> Starlette:
    """The application; it closes the companies' files when it shuts down."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        sandbox.companies.close()

    def route(path: str, endpoint: Endpoint, methods: list[str]) -> Route:
        return Route(path, partial(_respond, sandbox, endpoint), methods=methods)

    control = [
        route(f"/_sandbox{path}", _local(endpoint), [method]) for method, path, endpoint in _CONTROL
    ]
    public = [
        route("/login/companyinfo/{company}", _company_info, ["GET"]),
        route("/system/info", lambda *_: api.system_info(), ["GET"]),
        route("/{path:path}", _api, _METHODS),
    ]
    return Starlette(routes=[*control, *public], lifespan=lifespan)


def _local(endpoint: Endpoint) -> Endpoint:
    def checked(sandbox: Sandbox, call: Call, path: Path) -> Answer:
        control_routes.check_local(call)
        return endpoint(sandbox, call, path)

    return checked


def _company_info(sandbox: Sandbox, _: Call, path: Path) -> Answer:
    return api.company_info(sandbox.companies, path["company"])


def _api(sandbox: Sandbox, call: Call, _: Path) -> Answer:
    return api.answer(sandbox.companies, sandbox.clock, call)


async def _respond(sandbox: Sandbox, endpoint: Endpoint, request: Request) -> Response:
    call = Call(
        method=request.method,
        path=request.url.path,
        query=request.url.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
        base_url=f"{request.url.scheme}://{request.url.netloc}",
    )
    return await run_in_threadpool(answered, sandbox, endpoint, call, request.path_params)


def answered(sandbox: Sandbox, endpoint: Endpoint, call: Call, path: Path) -> Response:
    """The response to a call, logged; a fault of ours is a 500 and a traceback on stderr."""
    began = perf_counter()
    try:
        answer = endpoint(sandbox, call, path)
    except Refused as refusal:
        answer = refusal.answer
    except Exception:
        logger.exception("the sandbox failed at %s %s", call.method, call.path)
        text = "An unexpected error has occurred; the sandbox's own output tells more."
        answer = refused(500, "ConnectWiseApi", text).answer
    sandbox.log.add(
        company=path.get("company") or company_named(call),
        method=call.method,
        path=call.path,
        query=call.query,
        status=answer.status,
        ms=(perf_counter() - began) * 1000,
    )
    return _response(sandbox, answer)


def _response(sandbox: Sandbox, answer: Answer) -> Response:
    headers = {
        "Date": format_datetime(sandbox.clock(), usegmt=True),
        "Cache-Control": "no-cache",
        "api-current-version": VERSION.lstrip("v"),
        "x-cw-request-id": str(uuid.uuid4()),
        "x-server-name": "sandbox",
        **answer.headers,
    }
    if answer.body:
        headers["Content-Type"] = answer.content_type
    return Response(answer.body, answer.status, headers)
