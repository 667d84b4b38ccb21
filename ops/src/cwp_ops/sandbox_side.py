"""The local sandbox as tenants see it: companies to onboard, their keys, changes, row counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cwp_local.cloud.home import Home
from cwp_local.sandbox.control import SandboxControl, SandboxError
from cwp_local.sandbox.models import ChangesPlayed
from cwp_shared.tenants import ApiKeys, TenantConfig


@dataclass(frozen=True)
class Account:
    """All that onboarding a company takes."""

    site: str
    api_keys: ApiKeys


def make_company(home: Home, company: str, tickets: int, seed: int) -> Account:
    """The company with this size and seed, made if it is not there yet."""
    access = SandboxControl(home.sandbox_url).make_company(company, seed=seed, tickets=tickets)
    keys = ApiKeys(
        public_key=access.public_key,
        private_key=access.private_key,
        client_id=access.client_id,
    )
    return Account(site=access.site, api_keys=keys)


def change(
    home: Home, company: str, *, update: int = 0, add: int = 0, delete: int = 0
) -> ChangesPlayed:
    """Change, add and delete rows of a company, now."""
    sandbox = SandboxControl(home.sandbox_url)
    return sandbox.play(company, update=update, add=add, delete=delete)


def counts(home: Home, company: str) -> Mapping[str, int]:
    """Rows of a company per table."""
    return SandboxControl(home.sandbox_url).company(company).counts


def key_finder(home: Home | None) -> Callable[[TenantConfig], ApiKeys | None]:
    """Finds the API keys of tenants whose company is on this machine's sandbox."""

    def find(tenant: TenantConfig) -> ApiKeys | None:
        if home is None or tenant.site != home.sandbox_url:
            return None
        try:
            state = SandboxControl(home.sandbox_url).company(tenant.company)
        except SandboxError:
            return None
        # Asking for the company as it was made makes nothing and answers with its keys.
        return make_company(home, state.company, state.tickets, state.seed).api_keys

    return find
