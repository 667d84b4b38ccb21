"""`cwpipe`: the command line, and how errors end a command."""

import io
import os
import sys
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from rich.markup import escape

from cwp_local.cloud.environment import DIRECT
from cwp_local.cloud.errors import CloudError
from cwp_local.redshift.control import RedshiftControlError
from cwp_local.sandbox.control import SandboxError
from cwp_ops.commands import (
    cloud,
    costs,
    demo,
    dlq,
    events,
    history,
    logs,
    mappings,
    quarantine,
    query,
    rebuild,
    reconcile,
    runs,
    sandbox,
    status,
    sync,
    tenants,
    trace,
    warehouse,
    watch,
    watermark,
)
from cwp_ops.context import Operator, console
from cwp_ops.errors import OperatorError
from cwp_shared.errors import PipelineError
from cwp_shared.settings import Stage

app = typer.Typer(
    name="cwpipe",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(epilog="Example: cwpipe up && cwpipe demo")
def root(
    context: typer.Context,
    stage: Annotated[
        Stage,
        typer.Option(
            envvar="CWPIPE_STAGE",
            help="local: the embedded cloud on this machine; others: the AWS account you are in.",
        ),
    ] = "local",
) -> None:
    """ConnectWise PSA data in a warehouse, with its full history: the operator's command."""
    context.obj = Operator(stage)


cloud.register(app)
sync.register(app)
status.register(app)
watch.register(app)
runs.register(app)
reconcile.register(app)
trace.register(app)
logs.register(app)
query.register(app)
rebuild.register(app)
demo.register(app)
costs.register(app)
app.add_typer(dlq.app, name="dlq")
app.add_typer(events.app, name="events")
app.add_typer(runs.app, name="runs")
app.add_typer(watermark.app, name="watermark")
app.add_typer(tenants.app, name="tenants")
app.add_typer(history.app, name="history")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(mappings.app, name="mappings")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(warehouse.app, name="warehouse")


def run() -> None:
    """The entry point: any expected error ends as one sentence and exit code 1."""
    # What others wrote may hold characters that a terminal does not take.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Whatever proxy this machine has, the embedded cloud is not behind it.
    os.environ["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), DIRECT]))
    try:
        app()
    except KeyboardInterrupt:
        _end("stopped; what was asked for may still be under way, see `cwpipe status`", code=130)
    except (OperatorError, CloudError, SandboxError, RedshiftControlError, PipelineError) as error:
        _end(str(error))
    except EndpointConnectionError:
        _end("nothing answers there: the cloud is not running; start it with `cwpipe up`")
    except ClientError as error:
        _end(told(error))
    except BotoCoreError as error:
        _end(f"AWS cannot be reached: {error}")


def told(error: ClientError) -> str:
    """What a refused call means for a person."""
    code = error.response.get("Error", {}).get("Code", "")
    if code in {"ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue"}:
        return f"the stage is not (fully) deployed: {error}"
    return f"AWS refused: {error}"


def _end(text: str, code: int = 1) -> None:
    console(stderr=True).print(f"[red]error:[/red] {escape(text)}", soft_wrap=True)
    sys.exit(code)
