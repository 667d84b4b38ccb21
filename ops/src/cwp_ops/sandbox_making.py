"""Making a company, and showing how far it is: a million tickets take minutes."""

from concurrent.futures import ThreadPoolExecutor, wait

from rich.console import Console

from cwp_local.sandbox.control import SandboxControl
from cwp_local.sandbox.models import CompanyAccess

_LOOK_AGAIN_S = 0.5


def make_company(
    control: SandboxControl, name: str, tickets: int, seed: int, console: Console
) -> CompanyAccess:
    """The company, made if it is not there yet; what is done meanwhile shows on `console`.

    Raises:
        SandboxError: it exists with other properties, or cannot be made.
    """
    with (
        ThreadPoolExecutor(1) as pool,
        console.status(f"making {name} with {tickets:,} tickets") as status,
    ):
        made = pool.submit(control.make_company, name, seed=seed, tickets=tickets)
        while not wait([made], _LOOK_AGAIN_S).done:
            step = control.making()
            if step is not None:
                status.update(f"{step.company}: {step.step}, {step.done} of {step.of}")
        return made.result()
