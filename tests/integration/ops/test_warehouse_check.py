"""`cwpipe warehouse check` against the running stand-in: each question has both answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cwp_local.redshift.objects import S3Failure
from cwp_local.redshift.server import Parts
from cwp_ops.copy_probe import CopyProbe
from cwp_ops.errors import OperatorError
from cwp_ops.warehouse import Answer, Warehouse
from cwp_ops.warehouse_check import Finding, LoaderRole, Serverless, WarehouseCheck
from tests.integration.redshift.servers import Api, serving
from tests.unit.local.redshift.fakes import BUCKET, ROLE, FakeAnnouncer, FakeObjects
from tests.unit.ops.fakes import refused

LOADER = "IAMR:connectwise-loader-settle-dev"
WORKGROUP = "arn:aws:redshift-serverless:us-east-1:000000000000:workgroup/1"
RUN_STATEMENTS, LOG_IN = "redshift-data:BatchExecuteStatement", "redshift-serverless:GetCredentials"


@dataclass
class Lake(FakeObjects):
    """The bucket, from both sides: put by the operator, read by the role."""

    forbidden: str = "/landing/"

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - boto3's names
        self.kept[f"{Bucket}/{Key}"] = Body

    def delete_object(self, Bucket: str, Key: str) -> None:  # noqa: N803 - boto3's names
        del self.kept[f"{Bucket}/{Key}"]

    def read(self, bucket: str, key: str) -> bytes:
        if self.forbidden and self.forbidden in key:
            raise S3Failure("S3ServiceException:Access Denied,Status 403,Error AccessDenied")
        return super().read(bucket, key)

    def fetch(self, bucket: str, key: str, path: Path) -> int:
        path.write_bytes(body := self.read(bucket, key))
        return len(body)


@pytest.fixture(scope="module")
def stand_in() -> Iterator[tuple[Api, Lake]]:
    """One for all tests: starting it costs more than they do."""
    lake = Lake()
    with serving(None, Parts(lake, FakeAnnouncer())) as endpoint:
        yield Api(endpoint), lake


@pytest.fixture
def api(stand_in: tuple[Api, Lake]) -> Iterator[Api]:
    yield stand_in[0]
    stand_in[0].run("DROP SCHEMA IF EXISTS acme CASCADE")


@pytest.fixture
def lake(stand_in: tuple[Api, Lake]) -> Lake:
    stand_in[1].forbidden = "/landing/"
    return stand_in[1]


@dataclass
class FakeIam:
    """What the role may do, by workgroup ARN."""

    allowed: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {WORKGROUP: (RUN_STATEMENTS, LOG_IN)}
    )

    def get_role(self, RoleName: str) -> Any:  # noqa: N803 - boto3's name
        return {"Role": {"Arn": f"arn:aws:iam::000000000000:role/{RoleName}"}}

    def simulate_principal_policy(
        self,
        PolicySourceArn: str,  # noqa: N803 - boto3's names
        ActionNames: list[str],  # noqa: N803
        ResourceArns: list[str],  # noqa: N803
    ) -> Any:
        assert PolicySourceArn == "arn:aws:iam::000000000000:role/settle"
        allowed = self.allowed.get(ResourceArns[0], ())
        results = [
            {
                "EvalActionName": name,
                "EvalDecision": "allowed" if name in allowed else "implicitDeny",
            }
            for name in ActionNames
        ]
        return {"EvaluationResults": results}


def loader_role(iam: FakeIam | None = None) -> LoaderRole:
    return LoaderRole(iam or FakeIam(), "settle", WORKGROUP)


def test_the_loaders_role_has_its_rights_and_no_others() -> None:
    elsewhere = f"{WORKGROUP.rpartition('/')[0]}/another"
    well = loader_role().finding()
    assert (well.ok, well.found) == (True, "may run statements in this workgroup only")
    too_few = loader_role(FakeIam({WORKGROUP: (LOG_IN,)})).finding()
    assert (too_few.ok, too_few.found) == (False, f"may not {RUN_STATEMENTS} here")
    everywhere = FakeIam(dict.fromkeys((WORKGROUP, elsewhere), (RUN_STATEMENTS, LOG_IN)))
    too_many = loader_role(everywhere).finding()
    assert not too_many.ok
    assert "in other workgroups too" in too_many.found


def check(api: Api, lake: Lake, *tenants: str, **more: Any) -> dict[str, Finding]:
    warehouse = Warehouse(api.client, "local", "warehouse")
    probe = CopyProbe(warehouse, lake, BUCKET, ROLE)
    asked = WarehouseCheck(
        warehouse, "warehouse", LOADER, loader_role(), probe, tenants=tenants, **more
    )
    return {finding.subject: finding for finding in asked.findings()}


def test_all_is_well_and_nothing_is_left_behind(api: Api, lake: Lake) -> None:
    found = check(api, lake, "acme")
    assert [finding.subject for finding in found.values() if not finding.ok] == []
    assert found["ledger of acme"].found == "none yet; the first load makes it"
    assert set(lake.roles) == {ROLE}
    assert lake.kept == {}


def test_a_role_that_reads_too_much(api: Api, lake: Lake) -> None:
    lake.forbidden = ""
    elsewhere = check(api, lake)["COPY role elsewhere"]
    assert "reads other files too" in elsewhere.found
    assert "*/canonical/*" in elsewhere.next_step


def test_a_role_that_reads_nothing(api: Api, lake: Lake) -> None:
    lake.forbidden = "_check/"
    found = check(api, lake)
    assert "Error AccessDenied" in found["COPY role"].found
    assert not found["COPY role"].ok
    assert found["COPY role elsewhere"].ok


def ledger(api: Api, *loads: tuple[int, int]) -> None:
    columns = "table_name VARCHAR(63), first_sequence BIGINT, last_sequence BIGINT"
    rows = ", ".join(f"('tickets', {first}, {last})" for first, last in loads)
    api.batch(
        "CREATE SCHEMA acme",
        f"CREATE TABLE acme.load_ledger ({columns})",
        f"INSERT INTO acme.load_ledger VALUES {rows}",
    )


def test_a_ledger_without_a_gap(api: Api, lake: Lake) -> None:
    ledger(api, (0, 0), (1, 4), (5, 5))
    assert check(api, lake, "acme")["ledger of acme"].found == "1 tables, 5 commits, no gap"


@pytest.mark.parametrize("loads", [((0, 0), (2, 3)), ((0, 0), (1, 4), (4, 5)), ((1, 2),)])
def test_a_ledger_with_one(api: Api, lake: Lake, loads: tuple[tuple[int, int], ...]) -> None:
    ledger(api, *loads)
    found = check(api, lake, "acme")["ledger of acme"]
    assert found.found == "loads do not follow each other in tickets"
    assert not found.ok


@dataclass
class FakeServerless:
    """What the account says of workgroup and namespace."""

    status: str = "AVAILABLE"
    arn: str = WORKGROUP
    roles: tuple[str, ...] = (f"IamRole(applyStatus=in-sync, iamRoleArn={ROLE})",)
    error: str = ""

    def get_workgroup(self, workgroupName: str) -> Any:  # noqa: N803 - boto3's name
        if self.error:
            raise refused(self.error)
        assert workgroupName == "local"
        found = {"status": self.status, "workgroupArn": self.arn, "namespaceName": "n"}
        return {"workgroup": found}

    def get_namespace(self, namespaceName: str) -> Any:  # noqa: N803 - boto3's name
        assert namespaceName == "n"
        return {"namespace": {"iamRoles": list(self.roles)}}


@pytest.mark.parametrize(
    ("account", "subject", "words"),
    [
        (FakeServerless(status="CREATING"), "workgroup local", "wait until"),
        (FakeServerless(arn="another"), "workgroup local", "CWP_WORKGROUP_ARN"),
        (FakeServerless(roles=()), "namespace n", "update-namespace --namespace-name n"),
        (FakeServerless(error="ResourceNotFoundException"), "workgroup", "set CWP_WORKGROUP"),
        (FakeServerless(error="AccessDeniedException"), "namespace", "credentials that may"),
    ],
)
def test_what_the_account_lacks(
    api: Api, lake: Lake, account: FakeServerless, subject: str, words: str
) -> None:
    serverless = Serverless(account, "local", WORKGROUP, ROLE)
    found = check(api, lake, serverless=serverless)
    assert words in found[subject].next_step


def test_a_workgroup_and_its_role(api: Api, lake: Lake) -> None:
    found = check(api, lake, serverless=Serverless(FakeServerless(), "local", WORKGROUP, ROLE))
    assert all(finding.ok for finding in found.values())
    assert found["namespace n"].found == "has the COPY role"


class WithoutRights(Warehouse):
    """A warehouse whose loader may not create schemas, or is not known at all."""

    known = True

    def query(self, sql: str, **parameters: str) -> Answer:
        if "has_database_privilege" not in sql:
            return super().query(sql, **parameters)
        if not self.known:
            raise OperatorError(f'the warehouse says: ERROR: user "{LOADER}" does not exist')
        return Answer(("has_database_privilege",), [(False,)])


@pytest.mark.parametrize(("known", "words"), [(True, "may not create"), (False, "not exist")])
def test_a_loader_without_rights(api: Api, lake: Lake, known: bool, words: str) -> None:
    warehouse = WithoutRights(api.client, "local", "warehouse")
    warehouse.known = known
    probe = CopyProbe(warehouse, lake, BUCKET, ROLE)
    findings = WarehouseCheck(warehouse, "warehouse", LOADER, loader_role(), probe).findings()
    found = {finding.subject: finding for finding in findings}[f"user {LOADER}"]
    assert words in found.found
    assert f'GRANT CREATE ON DATABASE "warehouse" TO "{LOADER}"' in found.next_step


class Refusing:
    """A Data API that fails all statements with one text."""

    def __init__(self, error: str) -> None:
        self._error = error

    def execute_statement(self, **_: Any) -> dict[str, str]:
        return {"Id": "s"}

    def describe_statement(self, Id: str) -> dict[str, str]:  # noqa: N803 - boto3's name
        return {"Id": Id, "Status": "FAILED", "Error": self._error}


def test_a_database_that_is_not_reached_ends_the_questions(lake: Lake) -> None:
    warehouse = Warehouse(Refusing('ERROR: database "warehouse" does not exist'), "w", "warehouse")
    probe = CopyProbe(warehouse, lake, BUCKET, ROLE)
    _, found = WarehouseCheck(warehouse, "warehouse", LOADER, loader_role(), probe).findings()
    assert 'database "warehouse" does not exist' in found.found
    assert "docs/deploying.md" in found.next_step
