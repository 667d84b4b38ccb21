"""Whether all that loads need of the warehouse is there and allowed, asked of the warehouse itself.

Each question is tried for real where that is possible; what is wrong says what to do next.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cwp_ops.copy_probe import CopyProbe
from cwp_ops.errors import OperatorError
from cwp_ops.warehouse import Warehouse, quoted


@dataclass(frozen=True)
class Finding:
    """One question's answer; `next_step` is empty if all is well."""

    subject: str
    found: str
    next_step: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing has to be done."""
        return not self.next_step


@dataclass(frozen=True)
class Serverless:
    """The workgroup and its namespace, as the account has them. Not asked on stage local."""

    client: Any
    workgroup: str
    workgroup_arn: str
    role_arn: str

    def workgroup_finding(self) -> Finding:
        """It is there, awake, and the one that the loader's role has rights on."""
        found = self.client.get_workgroup(workgroupName=self.workgroup)["workgroup"]
        subject = f"workgroup {self.workgroup}"
        if found["status"] != "AVAILABLE":
            return Finding(subject, found["status"], "wait until it is AVAILABLE")
        if found["workgroupArn"] != self.workgroup_arn:
            return Finding(
                subject,
                f"is {found['workgroupArn']}; the loader has rights on {self.workgroup_arn}",
                "set CWP_WORKGROUP and CWP_WORKGROUP_ARN to the same workgroup, deploy again",
            )
        return Finding(subject, "available")

    def role_finding(self) -> Finding:
        """Its namespace may assume the COPY role."""
        name = self.client.get_workgroup(workgroupName=self.workgroup)["workgroup"]["namespaceName"]
        roles = self.client.get_namespace(namespaceName=name)["namespace"].get("iamRoles", [])
        subject = f"namespace {name}"
        if any(self.role_arn in role for role in roles):
            return Finding(subject, "has the COPY role")
        return Finding(
            subject,
            f"does not have {self.role_arn}",
            f"aws redshift-serverless update-namespace --namespace-name {name} --iam-roles "
            f"{self.role_arn} (and those it has already)",
        )


#: What the loader does in the warehouse's name, as IAM calls it.
_LOADING = ("redshift-data:BatchExecuteStatement", "redshift-serverless:GetCredentials")


@dataclass(frozen=True)
class LoaderRole:
    """What IAM lets the loader's role do, by its own reckoning (SimulatePrincipalPolicy)."""

    iam: Any
    role: str
    workgroup_arn: str

    def finding(self) -> Finding:
        """It may run statements in this workgroup and in no other."""
        subject = f"role {self.role}"
        here = self._allowed(self.workgroup_arn)
        elsewhere = self._allowed(self.workgroup_arn.rpartition("/")[0] + "/another")
        if missing := [action for action in _LOADING if action not in here]:
            return Finding(
                subject, f"may not {', '.join(missing)} here", "deploy shared and loader again"
            )
        if elsewhere:
            return Finding(
                subject,
                f"may {', '.join(elsewhere)} in other workgroups too",
                "take away what services/loader/resources/iam.yml does not give",
            )
        return Finding(subject, "may run statements in this workgroup only")

    def _allowed(self, resource: str) -> list[str]:
        arn = self.iam.get_role(RoleName=self.role)["Role"]["Arn"]
        answer = self.iam.simulate_principal_policy(
            PolicySourceArn=arn, ActionNames=list(_LOADING), ResourceArns=[resource]
        )
        return [
            result["EvalActionName"]
            for result in answer["EvaluationResults"]
            if result["EvalDecision"] == "allowed"
        ]


@dataclass(frozen=True)
class WarehouseCheck:
    """All questions. `tenants` are those whose ledgers are looked at."""

    warehouse: Warehouse
    database: str
    loader: str
    loader_role: LoaderRole
    probe: CopyProbe
    serverless: Serverless | None = None
    tenants: Sequence[str] = field(default=())

    def findings(self) -> Iterator[Finding]:
        """What each question found; those that need the database end when it is not reached."""
        if self.serverless:
            yield asked("workgroup", self.serverless.workgroup_finding)
            yield asked("namespace", self.serverless.role_finding)
        yield asked(f"role {self.loader_role.role}", self.loader_role.finding)
        reached = asked(f"database {self.database}", self._database)
        yield reached
        if not reached.ok:
            return
        yield asked(f"user {self.loader}", self._loader_may_create)
        yield asked("COPY role", self._copy_reads_canonical)
        yield asked("COPY role elsewhere", self._copy_reads_nothing_else)
        for tenant_id in self.tenants:
            yield asked(f"ledger of {tenant_id}", lambda: self._ledger(tenant_id))  # noqa: B023 - called at once

    def _database(self) -> Finding:
        found = str(self.warehouse.query("SELECT current_database()").rows[0][0])
        return Finding(f"database {self.database}", f"answers as {found}")

    def _loader_may_create(self) -> Finding:
        subject = f"user {self.loader}"
        grant = (
            f"as the namespace's admin: CREATE USER {quoted(self.loader)} PASSWORD DISABLE; (if it "
            f"is missing) GRANT CREATE ON DATABASE {quoted(self.database)} TO {quoted(self.loader)}"
        )
        try:
            answer = self.warehouse.query(
                "SELECT has_database_privilege(:loader, current_database(), 'create')",
                loader=self.loader,
            )
        except OperatorError as error:
            return Finding(subject, str(error), grant)
        if answer.rows[0][0]:
            return Finding(subject, "may create schemas")
        return Finding(subject, "may not create schemas", grant)

    def _copy_reads_canonical(self) -> Finding:
        self.probe.reads_canonical()
        return Finding("COPY role", "reads canonical files")

    def _copy_reads_nothing_else(self) -> Finding:
        if self.probe.reads_elsewhere():
            return Finding(
                "COPY role elsewhere",
                f"{self.probe.role_arn} reads other files too",
                f"limit it to s3:GetObject on {self.probe.bucket}/*/canonical/*",
            )
        return Finding("COPY role elsewhere", "is refused other files")

    def _ledger(self, tenant_id: str) -> Finding:
        subject = f"ledger of {tenant_id}"
        if not self.warehouse.has_table(tenant_id, "load_ledger"):
            return Finding(subject, "none yet; the first load makes it")
        answer = self.warehouse.query(_LEDGER.format(ledger=quoted(tenant_id, "load_ledger")))
        if torn := [str(table) for table, _, gaps in answer.rows if gaps]:
            return Finding(
                subject,
                f"loads do not follow each other in {', '.join(torn)}",
                "load these tables from scratch: services/loader/README.md",
            )
        commits = sum(int(last) for _, last, _ in answer.rows)
        return Finding(subject, f"{len(answer.rows)} tables, {commits} commits, no gap")


#: Per table: its last commit, and how often a load did not begin where the one before it ended.
_LEDGER = """
SELECT table_name, MAX(last_sequence),
    SUM(CASE WHEN first_sequence <> before_last + 1 THEN 1 ELSE 0 END)
FROM (
    SELECT table_name, first_sequence, last_sequence, COALESCE(
        LAG(last_sequence) OVER (PARTITION BY table_name ORDER BY last_sequence), -1
    ) AS before_last
    FROM {ledger}
) AS l
GROUP BY table_name
ORDER BY table_name
"""


def asked(subject: str, question: Callable[[], Finding]) -> Finding:
    """The question's finding; that it cannot even be asked is one too."""
    try:
        return question()
    except ClientError as error:
        told = error.response.get("Error", {})
        text = f"{told.get('Code', '')}: {told.get('Message', '')}"
        return Finding(subject, text, _NEXT.get(told.get("Code", ""), _ELSE))
    except (BotoCoreError, OperatorError) as error:
        return Finding(subject, str(error), _ELSE)


_ELSE = "see docs/deploying.md, The warehouse"
_NEXT = {
    "AccessDeniedException": "ask with credentials that may; docs/deploying.md names the rights",
    "AccessDenied": "ask with credentials that may; docs/deploying.md names the rights",
    "NoSuchEntity": "deploy the loader: docs/deploying.md",
    "ResourceNotFoundException": "set CWP_WORKGROUP to one that is there, or let the shared stack "
    "make one: docs/deploying.md, The warehouse",
}
