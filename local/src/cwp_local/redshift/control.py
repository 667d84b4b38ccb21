"""The stand-in's control endpoint from Python; tests and `cwpipe warehouse fault` use this."""

from typing import Any

import requests
from pydantic import TypeAdapter

from cwp_local.redshift.faults import Fault

_TIMEOUT_S = (3, 10)
_FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])


class RedshiftControlError(Exception):
    """The stand-in does not answer, or not as asked."""


class RedshiftControl:
    """Faults of the stand-in at `base_url`."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def let(self, fault: Fault) -> list[Fault]:
        """Have something go wrong, after what is still to go wrong; all that is left."""
        return self._send("POST", fault.model_dump(mode="json"))

    def faults(self) -> list[Fault]:
        """What is still to go wrong."""
        return self._send("GET")

    def clear(self) -> None:
        """Have nothing go wrong any more."""
        self._send("DELETE")

    def _send(self, method: str, body: dict[str, Any] | None = None) -> list[Fault]:
        url = f"{self.base_url}/_redshift/faults"
        try:
            answer = requests.request(method, url, json=body, timeout=_TIMEOUT_S)
        except requests.RequestException as error:
            raise RedshiftControlError(
                f"the local Redshift at {self.base_url} does not answer ({type(error).__name__}); "
                "start it with `cwpipe up`"
            ) from None
        if not answer.ok:
            raise RedshiftControlError(f"the local Redshift answered: {answer.text[:300]}")
        return _FAULTS.validate_python(answer.json())
