"""Prices as stated inputs: config/prices.toml, or a file of one's own."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cwp_ops.errors import OperatorError

PriceName = Literal[
    "lambda_gb_second",
    "lambda_request",
    "sqs_request",
    "event",
    "s3_put",
    "s3_get",
    "s3_gb",
    "dynamodb_write",
    "dynamodb_read",
    "log_gb",
    "alarm",
    "metric",
    "secret",
    "rpu_hour",
    "warehouse_gb",
]

DAYS_A_MONTH: Final = 365 / 12


class Price(BaseModel):
    """Dollars for `per` units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dollars: float = Field(ge=0)
    per: float = Field(gt=0)
    unit: str
    source: str
    #: Whether a second source was seen.
    confirmed: bool = False


class Prices(BaseModel):
    """A region's prices, as somebody wrote them down one day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str
    as_of: date
    prices: dict[PriceName, Price]

    @model_validator(mode="after")
    def _is_whole(self) -> "Prices":
        if missing := sorted(set(get_args(PriceName)) - set(self.prices)):
            raise ValueError(f"these prices are missing: {', '.join(missing)}")
        return self

    def dollars(self, name: PriceName, quantity: float) -> float:
        """What so much costs."""
        price = self.prices[name]
        return quantity * price.dollars / price.per


def default_file(root: Path) -> Path:
    """The project's own prices."""
    return root / "config" / "prices.toml"


def read(path: Path) -> Prices:
    """The prices of a file.

    Raises:
        OperatorError: there is none, or it is not one of prices; says what is wrong.
    """
    try:
        return Prices.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise OperatorError(f"prices cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise OperatorError(f"{path} is not TOML: {error}") from None
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()
        )
        raise OperatorError(f"{path}: {told}; config/prices.toml shows what is needed") from None
