"""From a tenant id to an account: the TenantServices item, the API keys, the codebase."""

import re
from collections.abc import Callable
from typing import Any, Final

from pydantic import ValidationError

from cwp_fetcher.remembered import Remembered
from cwp_shared.connectwise.account import Account
from cwp_shared.connectwise.failures import JobFailed
from cwp_shared.errors import Terminal
from cwp_shared.events.envelope import describe
from cwp_shared.settings import Stage
from cwp_shared.tenants import ApiKeys, SiteUrl, TenantConfig, secret_name

#: Rotated keys are picked up after this long, or at once when the API refuses the old ones.
KEYS_SECONDS: Final = 300
#: A codebase changes when ConnectWise upgrades the site, a few times a year.
CODEBASE_SECONDS: Final = 3600

#: What may stand in a header and a URL; anything else was pasted wrongly.
_KEY = re.compile(r"[\x21-\x7e]+")


class Accounts:
    """Accounts by tenant id. Settings are read each time, keys and codebase are remembered.

    Args:
        stage: decides the secret's name, and whether this machine may be a site.
        allowed_hosts: hosts beside ConnectWise's own.
        find_item: the TenantServices item of a tenant, or None.
        find_secret: a secret's text by name, or None.
        find_codebase: the codebase of (site, company), or None if the site knows no such company.
    """

    def __init__(
        self,
        stage: Stage,
        allowed_hosts: tuple[str, ...],
        find_item: Callable[[str], dict[str, Any] | None],
        find_secret: Callable[[str], str | None],
        find_codebase: Callable[[str, str], str | None],
    ) -> None:
        self._stage: Stage = stage
        self._allowed_hosts = allowed_hosts
        self._find_item = find_item
        self._find_secret = find_secret
        self._find_codebase = find_codebase
        self._keys = Remembered(self._load_keys, KEYS_SECONDS)
        self._codebases = Remembered(self._load_codebase, CODEBASE_SECONDS)
        #: What was refused and is being read afresh, which may have to wait for turns in between.
        self._doubted: dict[str, Account] = {}

    def config(self, tenant_id: str) -> TenantConfig:
        """The tenant's settings as they are now.

        Raises:
            JobFailed: no such tenant, or disabled.
        """
        item = self._find_item(tenant_id)
        if item is None:
            raise JobFailed(
                "configuration", f"tenant {tenant_id!r} is not in TenantServices; add it first"
            )
        try:
            config = TenantConfig.from_item(item)
        except Terminal as error:
            raise JobFailed("configuration", str(error)) from None
        if not config.enabled:
            raise JobFailed("configuration", f"tenant {tenant_id!r} is disabled; enable it first")
        return config

    def of(self, config: TenantConfig) -> Account:
        """The account of a tenant with these settings.

        Raises:
            JobFailed: a host that may not be called, no keys, or no such company.
            Retriable, Terminal: the site does not tell the codebase, as `ConnectWise.codebase`.
        """
        site = self._site(config)
        return Account(
            tenant_id=config.tenant_id,
            site=site,
            company=config.company,
            codebase=self._codebases.get((site, config.company)),
            keys=self._keys.get(config.tenant_id),
        )

    def knows(self, config: TenantConfig) -> bool:
        """Whether `of` need not ask the site where the company lives."""
        return self._codebases.has((self._site(config), config.company))

    def doubt(self, account: Account) -> bool:
        """Have keys and codebase read afresh by the next `of`: the API refused `account`.

        False: that was done for this very account already, and they have not changed.
        """
        if self._doubted.pop(account.tenant_id, None) == account:
            return False
        self._doubted[account.tenant_id] = account
        self._keys.forget(account.tenant_id)
        self._codebases.forget((account.site, account.company))
        return True

    def settle(self, account: Account) -> None:
        """What `account` is worth is known: the API takes it, or nothing newer is to be had."""
        self._doubted.pop(account.tenant_id, None)

    def _site(self, config: TenantConfig) -> str:
        try:
            checked = SiteUrl(
                stage=self._stage, site=config.site, allowed_hosts=self._allowed_hosts
            )
        except ValidationError as error:
            raise JobFailed(
                "configuration", f"tenant {config.tenant_id!r}: {describe(error)}"
            ) from None
        return checked.url

    def _load_keys(self, tenant_id: str) -> ApiKeys:
        name = secret_name(self._stage, tenant_id)
        text = self._find_secret(name)
        if text is None:
            raise JobFailed(
                "configuration", f"secret {name!r} is missing; store the tenant's API keys there"
            )
        try:
            keys = ApiKeys.model_validate_json(text)
        except ValidationError as error:
            raise JobFailed("configuration", f"secret {name!r}: {describe(error)}") from None
        for field in ApiKeys.model_fields:
            if not _KEY.fullmatch(getattr(keys, field).get_secret_value()):
                raise JobFailed(
                    "configuration",
                    f"secret {name!r}: {field} is empty, or has spaces or characters that no "
                    "ConnectWise key has; enter it again",
                )
        return keys

    def _load_codebase(self, where: tuple[str, str]) -> str:
        site, company = where
        codebase = self._find_codebase(site, company)
        if codebase is None:
            raise JobFailed(
                "credentials", f"company {company!r} is not known at {site}; check site and company"
            )
        return codebase
