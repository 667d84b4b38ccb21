"""The attributes of the workload and how their values are made; nothing that peers have not."""

from typing import Final

#: API field -> how many there are of it. Each is an id and a name.
REFERENCES: Final = {
    "board": 12, "status": 30, "type": 40, "subType": 90, "priority": 6,
    "company": 2_000, "contact": 9_000, "owner": 60, "location": 8, "agreement": 3_000,
}  # fmt: skip
#: API field -> SQL of its text in record `n` at `turn` 0 (first load) or 1 (batch).
TEXTS: Final = {
    "summary": "'Printer ' || hash(n, turn) || ' does not print on the second floor'",
    "siteName": "'Site ' || hash(n, 's') % 500",
    "contactPhoneNumber": "'555' || lpad((hash(n, 'p') % 10000000)::VARCHAR, 7, '0')",
    "contactEmailAddress": "'user' || hash(n, 'e') % 9000 || '@example.com'",
    "addressLine1": "hash(n, 'a') % 999 || ' Main Street'",
    "city": "'City ' || hash(n, 'c') % 300",
    "stateIdentifier": "'S' || hash(n, 'c') % 50",
    "slaStatus": "'Respond by ' || hash(n, 'l') % 24 || ':00'",
    "resources": "CASE WHEN n % 3 = 0 THEN 'jdoe, asmith' END",
    "closedBy": "CASE WHEN n % 2 = 0 THEN 'tech' || hash(n, 'b') % 60 END",
}
#: API field -> column type, and SQL of its value.
OTHERS: Final = {
    "budgetHours": ("decimal(18,4)", "(hash(n, 'h') % 400)::DOUBLE / 4"),
    "actualHours": ("decimal(18,4)", "(hash(n, 'i') % 400)::DOUBLE / 4"),
    "hourlyRate": ("decimal(18,4)", "(hash(n, 'j') % 3000)::DOUBLE / 100"),
    "resolveMinutes": ("bigint", "(hash(n, 'm') % 10000)::BIGINT"),
    "escalationLevel": ("bigint", "(hash(n, 'v') % 5)::BIGINT"),
    "closedFlag": ("boolean", "n % 2 = 0"),
    "approved": ("boolean", "hash(n, 'x') % 2 = 0"),
    "isInSla": ("boolean", "CASE WHEN n % 4 > 0 THEN hash(n, 'y') % 2 = 0 END"),
    "requiredDate": ("timestamp", "CASE WHEN n % 5 > 0 THEN {time} END"),
    "closedDate": ("timestamp", "CASE WHEN n % 2 = 0 THEN {time} END"),
}
#: References that are others in the batch.
CHANGING: Final = frozenset({"status", "owner"})

#: The raw columns of the forty attributes.
ATTRIBUTES: Final = (
    *(f"{name}__{part}" for name in REFERENCES for part in ("id", "name")),
    *TEXTS,
    *OTHERS,
)
DECIMALS: Final = tuple(name for name, (kind, _) in OTHERS.items() if kind.startswith("decimal"))
TIMES: Final = tuple(name for name, (kind, _) in OTHERS.items() if kind == "timestamp")
