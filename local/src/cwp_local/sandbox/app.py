"""The sandbox as an ASGI application: routes, and the one place where HTTP meets the logic."""

import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from cwp_local.sandbox import api, control_routes, life_routes, openapi, routing
from cwp_local.sandbox.auth import company_named
from cwp_local.sandbox.calls import JSON_TYPE, Answer, Call, Refused, refused
from cwp_local.sandbox.control_calls import Path
from cwp_local.sandbox.state import Sandbox
from cwp_local.sandbox.weather.model import Weather
from cwp_local.sandbox.wire import deliver

Endpoint = Callable[[Sandbox, Call, Path], Answer]

#: A slash at the end of a path changes nothing.
_ENDS = ("", "/")
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_CONTROL: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/health", control_routes.health),
    ("GET", "/openapi.json", openapi.serve),
    ("GET", "/log", control_routes.get_log),
    ("GET", "/log/summary", control_routes.get_log_summary),
    ("GET", "/companies", control_routes.list_companies),
    ("POST", "/companies", control_routes.make_company),
    ("GET", "/companies/{company}", control_routes.get_company),
    ("DELETE", "/companies/{company}", control_routes.delete_company),
    ("POST", "/companies/{company}/changes", control_routes.play_changes),
    ("GET", "/making", life_routes.get_making),
    ("POST", "/companies/{company}/tick", life_routes.tick),
    ("GET", "/companies/{company}/tick", life_routes.get_tick),
    ("DELETE", "/companies/{company}/tick", life_routes.stop_tick),
    ("GET", "/companies/{company}/history", life_routes.get_history),
    ("GET", "/companies/{company}/weather", control_routes.get_weather),
    ("PUT", "/companies/{company}/weather", control_routes.set_weather),
    ("PATCH", "/companies/{company}/weather", control_routes.change_weather),
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
        return Route(path, _Served(sandbox, endpoint), methods=methods)

    control = [
        route(f"/_sandbox{path}", _local(endpoint), [method]) for method, path, endpoint in _CONTROL
    ]
    public = [
        *(route(f"/login/companyinfo/{{company}}{end}", _company_info, ["GET"]) for end in _ENDS),
        *(route(f"/system/info{end}", _system_info, ["GET"]) for end in _ENDS),
        route("/{path:path}", _api, _METHODS),
    ]
    return Starlette(routes=[*control, *public], lifespan=lifespan)


def _local(endpoint: Endpoint) -> Endpoint:
    def checked(sandbox: Sandbox, call: Call, path: Path) -> Answer:
        control_routes.check_local(call)
        return endpoint(sandbox, call, path)

    return checked


def _company_info(sandbox: Sandbox, _: Call, path: Path) -> Answer:
    return routing.company_info(sandbox.companies, path["company"])


def _system_info(sandbox: Sandbox, call: Call, _: Path) -> Answer:
    return routing.system_info(routing.weather_of(sandbox.companies, company_named(call)))


def _api(sandbox: Sandbox, call: Call, _: Path) -> Answer:
    return api.answer(sandbox.companies, sandbox.clock, call)


@dataclass(frozen=True)
class _Served:
    """An endpoint as an ASGI application: its answers are logged, and travel as told to."""

    sandbox: Sandbox
    endpoint: Endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            call = await _call(request)
        except ClientDisconnect:  # nobody is left to answer, and nothing was asked
            return
        path: Path = request.path_params
        name = _company_name(self.sandbox, call, path)
        begun = self.sandbox.log.begin(name)
        answer = Answer(500)
        try:
            answer = await run_in_threadpool(answered, self.sandbox, self.endpoint, call, path)
            response = _response(self.sandbox, name, answer)
            await deliver(answer.delivery, response, scope, receive, send)
        finally:
            self.sandbox.log.end(begun, call, answer)


def _company_name(sandbox: Sandbox, call: Call, path: Path) -> str | None:
    """The company a call is about, spelled as it was made; as the caller does if it is none."""
    named = path.get("company") or company_named(call)
    company = sandbox.companies.find(named) if named else None
    return company.name if company else named


async def _call(request: Request) -> Call:
    return Call(
        method=request.method,
        path=request.url.path,
        query=request.url.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
        base_url=f"{request.url.scheme}://{request.url.netloc}",
    )


def answered(sandbox: Sandbox, endpoint: Endpoint, call: Call, path: Path) -> Answer:
    """The answer to a call; a fault of ours is a 500 and a traceback on stderr."""
    try:
        return endpoint(sandbox, call, path)
    except Refused as refusal:
        return refusal.answer
    except Exception:
        logger.exception("the sandbox failed at %s %s", call.method, call.path)
        text = "An unexpected error has occurred; the sandbox's own output tells more."
        return refused(500, "ConnectWiseApi", text).answer


def _response(sandbox: Sandbox, company: str | None, answer: Answer) -> Response:
    weather = routing.weather_of(sandbox.companies, company)
    skew = timedelta(seconds=weather.skew_seconds)
    headers = {
        "Date": format_datetime(sandbox.clock() + skew, usegmt=True),
        "Cache-Control": "no-cache",
        "api-current-version": routing.version_number(weather),
        "x-cw-request-id": str(uuid.uuid4()),
        "x-server-name": "sandbox",
        **answer.headers,
    }
    if answer.body:
        headers["Content-Type"] = _versioned(answer.content_type, weather)
    return Response(answer.body, answer.status, headers)


def _versioned(content_type: str, weather: Weather) -> str:
    """Bodies of the API are of the version that the company is on."""
    return f"{JSON_TYPE}; version={weather.version}" if content_type == JSON_TYPE else content_type
