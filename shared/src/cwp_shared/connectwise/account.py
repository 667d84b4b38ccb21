"""A tenant's account as one request needs it: where, as whom, and how to keep the keys unseen."""

import base64
from dataclasses import dataclass

from cwp_shared.tenants import ApiKeys

_HIDDEN = "***"
#: Below this a "key" is a made-up one, and hiding it would only tear the text to pieces.
_SHORTEST_SECRET = 4


@dataclass(frozen=True)
class Account:
    """Everything a request to a tenant's API needs. Its repr shows no key (they are SecretStr).

    `site` is a checked base URL without a trailing slash, `codebase` the path piece that routes
    to the company's version (`v2025_1`).
    """

    tenant_id: str
    site: str
    company: str
    codebase: str
    keys: ApiKeys

    @property
    def api_root(self) -> str:
        """`https://api-na.myconnectwise.net/v2025_1/apis/3.0`."""
        return f"{self.site}/{self.codebase}/apis/3.0"

    @property
    def login(self) -> tuple[bytes, bytes]:
        """User and password of Basic authentication: `company+public`, `private`."""
        user = f"{self.company}+{self.keys.public_key.get_secret_value()}"
        return user.encode(), self.keys.private_key.get_secret_value().encode()

    def redact(self, text: str) -> str:
        """`text` without this account's keys, should a server or a proxy echo them."""
        user, password = self.login
        secrets = [
            base64.b64encode(user + b":" + password).decode(),
            self.keys.public_key.get_secret_value(),
            self.keys.private_key.get_secret_value(),
            self.keys.client_id.get_secret_value(),
        ]
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, _HIDDEN)
        return text
