"""What refusals say, in the shapes that live services were seen to send."""

from cwp_local.sandbox.calls import Answer, json_answer, json_text
from cwp_local.sandbox.weather.model import StatusFault

_HTML_TYPE = "text/html; charset=utf-8"
_HTML = "<!DOCTYPE html><html><head><title>{title}</title></head><body>{text}</body></html>"
_DEFAULT_RETRY_AFTER = 30
_THROTTLED = 429
_PROXY_TITLES = {
    429: "429 Too Many Requests",
    520: "520: Web server is returning an unknown error",
}
_SECURITY = "You do not have security permission to perform this action."
_BODIES = {
    401: ("Unauthorized", "The credentials are not valid."),
    403: ("Security", _SECURITY),
    404: ("NotFound", "The resource was not found."),
}


def not_json() -> Answer:
    """An HTML page where rows were expected."""
    return _html(200, "Just a moment...")


def refusal(fault: StatusFault) -> Answer:
    """The answer of a status fault."""
    wait = fault.retry_after
    if fault.code == _THROTTLED:
        return throttled(_DEFAULT_RETRY_AFTER if wait is None else wait, html=fault.body == "html")
    headers = {} if wait is None else {"Retry-After": str(wait)}
    if fault.body == "html":
        return _html(fault.code, _PROXY_TITLES.get(fault.code, f"{fault.code} Error"), headers)
    if fault.body == "timeout":
        return _error(fault.code, "ConnectWiseApi", "Query read timeout", headers)
    code, text = _BODIES.get(fault.code, ("ConnectWiseApi", "An unexpected error has occurred."))
    return _error(fault.code, code, text, headers)


def throttled(wait_s: int, *, html: bool) -> Answer:
    """429 with Retry-After."""
    headers = {"Retry-After": str(wait_s)}
    if html:
        return _html(_THROTTLED, _PROXY_TITLES[_THROTTLED], headers)
    # The one error body that says `error` where others say `code`.
    text = f"Too many requests. Please try again in {wait_s} seconds."
    body = json_text({"error": "ConnectWiseAPI", "message": text}).encode()
    return Answer(_THROTTLED, body, headers)


def forbidden() -> Answer:
    """403 for lack of rights."""
    return _error(403, "Security", _SECURITY, {})


def poisoned() -> Answer:
    """500, as one row that cannot be shown makes of its whole page."""
    return json_answer(
        {"code": "ConnectWiseApi", "message": "String was not recognized as a valid Boolean."}, 500
    )


def _error(status: int, code: str, message: str, headers: dict[str, str]) -> Answer:
    return Answer(status, json_text({"code": code, "message": message}).encode(), headers)


def _html(status: int, title: str, headers: dict[str, str] | None = None) -> Answer:
    body = _HTML.format(title=title, text=title).encode()
    return Answer(status, body, headers or {}, content_type=_HTML_TYPE)
