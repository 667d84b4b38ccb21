"""Answers onto the connection: late, cut short or not at all, where the weather says so.

Broken answers are really broken: a reset is a TCP RST, and a truncated body ends before the
Content-Length that went ahead of it.
"""

import asyncio
import socket
import struct

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from cwp_local.sandbox.calls import Delivery

_TRANSPORT = "sandbox.transport"
#: SO_LINGER on, with no time to linger: closing sends RST and drops what was not sent.
_NO_FAREWELL = struct.pack("ii", 1, 0)


class Protocol(H11Protocol):
    """HTTP/1.1 that lets the application reach the connection of a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Each request's scope carries a copy of the state."""
        self.app_state = {**self.app_state, _TRANSPORT: transport}
        super().connection_made(transport)


async def deliver(
    delivery: Delivery, response: Response, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send a response as `delivery` says. Waiting holds up no other request."""
    if delivery.delay_s:
        await asyncio.sleep(delivery.delay_s)
    if delivery.ends == "whole":
        await response(scope, receive, send)
        return
    transport: asyncio.Transport = scope["state"][_TRANSPORT]
    if delivery.ends == "truncated":
        await _send_half(response, send)
        transport.close()
    else:
        own = transport.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_FAREWELL)
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_half(response: Response, send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
    )
    half = bytes(response.body)[: len(response.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
