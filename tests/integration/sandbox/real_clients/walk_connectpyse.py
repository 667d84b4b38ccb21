"""Walk collections with connectpyse, as its users do: page by page until an empty one.

A process of its own, because the library puts its folders on the import path. Reads the account
and the paths from stdin as JSON, writes `{path: {"count", "rows"}}` to stdout.
"""

import base64
import json
import sys
from collections.abc import Iterator
from typing import Any

from connectpyse.cw_controller import CWController
from connectpyse.cw_model import CWModel
from connectpyse.service.tickets_api import TicketsAPI

PAGE_SIZE = 100


class Collection(CWController):  # type: ignore[misc] # the library is untyped
    """Any collection; the library's own controllers differ in these two names only."""

    def __init__(self, path: str, **account: Any) -> None:
        self.module_url, _, self.module = path.strip("/").partition("/")
        self._class = CWModel
        super().__init__(**account)

    def rows(self) -> Iterator[dict[str, Any]]:
        self.pageSize, self.page, self.orderBy = PAGE_SIZE, 1, "id"
        while page := list(self._get()):
            yield from (row.to_json() for row in page)
            self.page += 1

    def count(self) -> int:
        return int(self._get_count())


def main() -> None:
    told = json.load(sys.stdin)
    login = f"{told['company']}+{told['public_key']}:{told['private_key']}".encode()
    account = {
        "url": f"{told['site']}/v4_6_release/apis/3.0",
        "auth": {
            "Authorization": f"Basic {base64.b64encode(login).decode()}",
            "clientId": told["client_id"],
        },
    }
    walked = {}
    for path in told["paths"]:
        collection = Collection(path, **account)
        walked[path] = {"count": collection.count(), "rows": list(collection.rows())}
    # One of the library's own controllers, with its own model.
    tickets = TicketsAPI(**account)
    tickets.conditions, tickets.pageSize = "closedFlag = false", 5
    walked["open tickets"] = {"rows": [ticket.id for ticket in tickets.get_tickets()]}
    json.dump(walked, sys.stdout)


if __name__ == "__main__":
    main()
