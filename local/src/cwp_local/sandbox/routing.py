"""Which codebase a company is on, and what a path that names another one gives."""

from cwp_local.sandbox.calls import Answer, Refused, json_answer, no_endpoint
from cwp_local.sandbox.companies import Companies
from cwp_local.sandbox.weather.model import Weather

#: Leads to whatever version is current.
ROUTER = "v4_6_release"
_BUILD = "10333"
_NOT_FOUND = 404
_FAIR = Weather()


def weather_of(companies: Companies, name: str | None) -> Weather:
    """The weather of the company that a caller names; fair for one that is none."""
    company = companies.find(name) if name else None
    return company.forecast.weather if company else _FAIR


def codebase_of(weather: Weather) -> str:
    """`v2025_1`."""
    return f"v{weather.version.replace('.', '_')}"


def version_number(weather: Weather) -> str:
    """`2025.1.10333`."""
    return f"{weather.version}.{_BUILD}"


def check_codebase(weather: Weather, codebase: str) -> None:
    """Let only the current codebase pass, and the router unless it is switched off.

    Raises:
        Refused: what the cloud's gateway says, or 404.
    """
    known = {codebase_of(weather)} | ({ROUTER} if weather.router else set())
    if codebase.lower() in known:
        return
    if weather.old_codebase == _NOT_FOUND:
        raise no_endpoint()
    text = b"Cannot route. Codebase/company is invalid"
    raise Refused(Answer(400, text, content_type="text/plain; charset=utf-8"))


def company_info(companies: Companies, name: str) -> Answer:
    """What a client asks first: which codebase to talk to. JSON null for an unknown company."""
    company = companies.find(name)
    if company is None:
        return json_answer(None)
    weather = company.forecast.weather
    in_cloud = weather.hosting == "cloud"
    return json_answer(
        {
            "CompanyName": company.name,
            "Codebase": f"{codebase_of(weather) if in_cloud else ROUTER}/",
            "VersionCode": f"v{weather.version}",
            "VersionNumber": f"v{version_number(weather)}",
            "CompanyID": company.name,
            "IsCloud": str(in_cloud),
        }
    )


def system_info(weather: Weather) -> Answer:
    """The health probe; it takes no credentials."""
    in_cloud = weather.hosting == "cloud"
    return json_answer(
        {
            "version": f"v{version_number(weather)}",
            "isCloud": in_cloud,
            "serverTimeZone": "UTC",
            "licenseBits": [{"name": "cwSandbox", "activeFlag": True}],
            "cloudRegion": "NA" if in_cloud else None,
            "maxWorkFlowRecordsAllowed": 1000,
        }
    )
