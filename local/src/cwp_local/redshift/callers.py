"""Who calls, and what IAM lets him do: on AWS the service asks IAM, here it asks the emulator.

The access key names the caller; the signature is not computed again, on a machine that is one's
own. What the emulator said counts for a few seconds: on AWS, too, a policy takes a while.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from cwp_local.redshift.errors import ApiError

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/,\s]+)/")
_SESSION_NAME = re.compile(r"(:assumed-role/.+)/[^/]+$")
_KNOWN_FOR_S = 3.0
_TIMEOUT_S = (2, 10)


@dataclass(frozen=True)
class Caller:
    """A principal of IAM: its ARN, and `aws:userid`."""

    arn: str
    user_id: str

    @property
    def role(self) -> str:
        """What a statement belongs to: of a role's session the role."""
        return _SESSION_NAME.sub(r"\1", self.arn)


ADMINISTRATOR = Caller("arn:aws:iam::000000000000:root", "000000000000")


class Callers(Protocol):
    """What the Data API needs of IAM."""

    def caller(
        self, access_key: str, actions: Sequence[str], resource: str, context: Mapping[str, str]
    ) -> Caller:
        """Whose the key is, if all of the actions are allowed.

        Raises:
            ApiError: `AccessDeniedException`, `UnrecognizedClientException`.
        """
        ...


class EverybodyIsAdministrator:
    """Where there is no IAM to ask."""

    def caller(
        self, access_key: str, actions: Sequence[str], resource: str, context: Mapping[str, str]
    ) -> Caller:
        """See `Callers.caller`."""
        del access_key, actions, resource, context
        return ADMINISTRATOR


class EmulatorsCallers:
    """Principals of the emulator at `door` (cloud/emulator.py). Its administrator may do all."""

    def __init__(self, door: str, administrator: str, known_for: float = _KNOWN_FOR_S) -> None:
        self._door = door
        self._administrator = administrator
        self._known_for = known_for
        self._known: dict[tuple[Any, ...], tuple[float, dict[str, Any]]] = {}

    def caller(
        self, access_key: str, actions: Sequence[str], resource: str, context: Mapping[str, str]
    ) -> Caller:
        """See `Callers.caller`."""
        if access_key == self._administrator:
            return ADMINISTRATOR
        answer = self._asked(access_key, tuple(actions), resource, dict(context))
        if "error" in answer:
            raise ApiError("UnrecognizedClientException", answer["error"])
        for action in actions:
            if action not in answer["allowed"]:
                raise ApiError(
                    "AccessDeniedException",
                    f"User: {answer['arn']} is not authorized to perform: {action} on resource: "
                    f"{resource} because no identity-based policy allows the {action} action",
                )
        return Caller(answer["arn"], answer["user_id"])

    def _asked(
        self, key: str, actions: tuple[str, ...], resource: str, context: dict[str, str]
    ) -> dict[str, Any]:
        question = (key, actions, resource, tuple(context.items()))
        at, answer = self._known.get(question, (float("-inf"), {}))
        if time.monotonic() - at < self._known_for:
            return answer
        body = {"access_key": key, "actions": actions, "resource": resource, "context": context}
        try:
            response = requests.post(self._door, json=body, timeout=_TIMEOUT_S)
            response.raise_for_status()
        except requests.RequestException as error:
            raise ApiError(
                "InternalServerException",
                f"the emulator does not say who calls ({type(error).__name__}); `cwpipe up` "
                "starts one that does",
            ) from None
        said: dict[str, Any] = response.json()
        self._known = {
            one: known
            for one, known in self._known.items()
            if time.monotonic() - known[0] < self._known_for
        } | {question: (time.monotonic(), said)}
        return said


def access_key(authorization: str) -> str:
    """The access key that a request is signed with.

    Raises:
        ApiError: `MissingAuthenticationTokenException`: it is not signed.
    """
    found = _CREDENTIAL.search(authorization)
    if not found:
        raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token")
    return found["key"]
