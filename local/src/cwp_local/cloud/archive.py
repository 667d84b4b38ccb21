"""The event archive of the embedded cloud.

The emulator keeps and replays events, but its CloudFormation knows no AWS::Events::Archive, so the
shared stack leaves it out on stage local, and it is made here, as the template would.
"""

import json
from typing import Any, Final

from botocore.exceptions import ClientError

from cwp_local.cloud.deployment import STAGE

NAME: Final = f"connectwise-{STAGE}"


def ensure(events: Any) -> None:
    """Make the archive of the pipeline's bus, if it is not there. `events`: an EventBridge client.

    The emulator does not let go of what is older than RetentionDays.
    """
    bus = events.describe_event_bus(Name=NAME)
    try:
        events.create_archive(
            ArchiveName=NAME,
            EventSourceArn=bus["Arn"],
            RetentionDays=30,
            EventPattern=json.dumps({"source": [{"prefix": "connectwise."}]}),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
