"""Typed environment: each service's `settings.py` is one frozen model, read once per container."""

import os
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Stage = Literal["local", "dev", "prod"]


class Settings(BaseModel):
    """Base of every service's settings; fields are named by their environment variable."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    stage: Stage = Field(alias="STAGE")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read and check the environment.

        Raises:
            RuntimeError: naming every variable that is missing or wrong.
        """
        try:
            return cls.model_validate(dict(os.environ if environ is None else environ))
        except ValidationError as error:
            wrong = ", ".join(f"{e['loc'][0]} ({e['msg']})" for e in error.errors())
            raise RuntimeError(
                f"{cls.__module__}: environment is not as serverless.yml should set it: {wrong}"
            ) from None
