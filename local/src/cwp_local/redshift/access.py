"""Which rights a call takes, as the Service Authorization Reference has them."""

from collections.abc import Mapping
from typing import Any

from cwp_local.redshift.callers import Caller, Callers
from cwp_local.redshift.history import History

#: Whose statement it is, for conditions.
OWNER = "redshift-data:statement-owner-iam-userid"
_LOG_IN = "redshift-serverless:GetCredentials"
#: Calls on one statement, and those on all of one's own: AWS knows no resource for them.
_ON_STATEMENT = frozenset(
    {"CancelStatement", "DescribeStatement", "GetStatementResult", "GetStatementResultV2"}
)
_ON_OWN = frozenset({"ListSessions", "ListStatements"})
#: Calls whose action has another name.
_ACTIONS = {"GetStatementResultV2": "GetStatementResult"}
_ARN = "arn:aws:redshift-serverless:us-east-1:000000000000:workgroup/"


class Access:
    """Asks IAM for each call."""

    def __init__(self, callers: Callers, history: History) -> None:
        self._callers = callers
        self._history = history

    def caller(self, access_key: str, call: str, body: Mapping[str, Any]) -> Caller:
        """Who calls, if he may.

        Raises:
            ApiError: `AccessDeniedException`, or there is no such statement.
        """
        actions = [f"redshift-data:{_ACTIONS.get(call, call)}"]
        if call in _ON_STATEMENT:
            statement, _ = self._history.find(body["Id"])
            owner = {OWNER: statement.owner.user_id}
            return self._callers.caller(access_key, actions, "*", owner)
        if call in _ON_OWN or body.get("SessionId"):
            return self._callers.caller(access_key, actions, "*", {})
        group = str(body.get("WorkgroupName", ""))
        resource = group if group.startswith("arn:") else _ARN + group
        return self._callers.caller(access_key, [*actions, _LOG_IN], resource, {})
