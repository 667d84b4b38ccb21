"""Walk collections with connectpyse-manage: it counts, then asks for that many pages.

Reads the account and the paths from stdin as JSON, writes `{path: {"count", "rows"}}` to stdout.
"""

import json
import sys

from connectwise import ConnectWiseClient

PAGE_SIZE = 100


def main() -> None:
    told = json.load(sys.stdin)
    client = ConnectWiseClient(
        base_url=told["site"],
        client=told["company"],
        username=told["public_key"],
        password=told["private_key"],
        client_id=told["client_id"],
        max_retries=0,
    )
    walked = {}
    for path in told["paths"]:
        endpoint = path.strip("/")
        rows = client.get_all(endpoint, pagesize=PAGE_SIZE, orderby="id")
        walked[path] = {"count": client.get_count(endpoint), "rows": rows}
    entries = client.get_time_entries(conditions="billableOption = 'DoNotBill'", limit=5)
    walked["typed time entries"] = {"rows": [entry.id for entry in entries]}
    json.dump(walked, sys.stdout)


if __name__ == "__main__":
    main()
