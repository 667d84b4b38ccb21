"""`python -m cwp_local.cloud.emulator`: ministack, with one more door.

The local Redshift is a service of AWS that ministack does not know, so nobody checks who calls it.
On AWS a service asks IAM; here it asks at this door, in ministack's own process, because only there
is known whose a role's session is. The answer is ministack's own: its policies, its evaluation.
What it lacks is done here: `${aws:userid}` in a condition becomes the caller's.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import ministack.app
from ministack.core import iam_evaluator

from cwp_local.cloud.environment import ACCOUNT, REGION

DOOR: Final = "/_cwpipe/authorize"

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_emulator = ministack.app.app


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The emulator, and the door."""
    if scope["type"] != "http" or scope["path"] != DOOR:
        await _emulator(scope, receive, send)
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    answer = json.dumps(authorize(json.loads(body))).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def authorize(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Who holds `access_key`, and which of `actions` on `resource` IAM allows under `context`.

    `{"arn", "user_id", "allowed"}`, or `{"error"}`: nobody holds it, or no longer.
    """
    principal = iam_evaluator.resolve_principal(asked["access_key"], ACCOUNT)
    if isinstance(principal, iam_evaluator.AuthError):
        return {"error": principal.message}
    return {
        "arn": principal.arn,
        "user_id": principal.keys.get("aws:userid", ""),
        "allowed": [action for action in asked["actions"] if _allows(principal, action, asked)],
    }


def _allows(principal: Any, action: str, asked: Mapping[str, Any]) -> bool:
    if principal.policies is None:
        return True
    user_id = principal.keys.get("aws:userid", "")
    context = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=asked["resource"],
        region=REGION,
        source_ip="127.0.0.1",
        secure_transport=False,
        service_context={key.lower(): value for key, value in asked["context"].items()},
        principal_keys=principal.keys,
    )
    policies = [[_filled(one, user_id) for one in policy] for policy in principal.policies]
    return bool(iam_evaluator.evaluate(context, policies, *principal.limits).decision == "Allow")


def _filled(statement: Any, user_id: str) -> Any:
    """A policy's statement, with the caller's id where its conditions name it."""
    text = json.dumps(statement.conditions).replace("${aws:userid}", user_id)
    return iam_evaluator.ParsedStatement(**vars(statement) | {"conditions": json.loads(text)})


if __name__ == "__main__":
    ministack.app.app = app
    ministack.app.main()
