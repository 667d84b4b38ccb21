"""What the control endpoints share: JSON in, JSON out, `{"error": ...}` when refused."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cwp_local.sandbox.calls import Answer, Call, Refused, json_text
from cwp_local.sandbox.companies import UnknownCompanyError
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.models import problems
from cwp_local.sandbox.state import Sandbox

M = TypeVar("M", bound=BaseModel)
#: The parts of a path that its route names.
Path = dict[str, str]


def told(value: Any, status: int = 200) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, json_text(value).encode(), content_type="application/json")


def refusal(status: int, text: str) -> Refused:
    """To be raised: the request cannot be granted, and why."""
    return Refused(told({"error": text}, status))


def json_body(call: Call) -> Any:
    """The body.

    Raises:
        Refused: 400, if it is not JSON.
    """
    try:
        return call.json()
    except Refused:
        raise refusal(400, "the body is not valid JSON") from None


def body_as(model: type[M], call: Call) -> M:
    """The body as a model.

    Raises:
        Refused: 400, naming what is wrong with it.
    """
    try:
        return model.model_validate(json_body(call))
    except ValidationError as error:
        raise refusal(400, problems(error)) from None


def company_at(sandbox: Sandbox, path: Path) -> Company:
    """The company that the path names.

    Raises:
        Refused: 404, naming those there are.
    """
    try:
        return sandbox.companies.get(path["company"])
    except UnknownCompanyError as error:
        raise refusal(404, str(error.args[0])) from None
