"""Stages differ by their name and by config/<stage>.yml, and by nothing else."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import yaml

from tests.rendering import ROOT, STAGES, Template

Path = tuple[str | int, ...]


def leaves(node: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every value of a tree, as text, with the way to it."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(value, (*path, key))
    else:
        yield path, "" if node is None else str(node)


def config(stage: str) -> dict[Path, str]:
    """The stage's settings, as they are where the environment says nothing."""
    text = (ROOT / "config" / f"{stage}.yml").read_text()
    plain = re.sub(r"\$\{env:\w+, '([^']*)'\}", r"\1", text)
    region = yaml.safe_load(plain)["region"]
    return dict(leaves(yaml.safe_load(plain.replace("${self:provider.region}", region))))


def nameless(value: str, stage: str) -> str:
    """Without the stage's name, and without what the key of a zip says: when it was packed."""
    return re.sub(r"\d{13}-.*\.zip$", "ZIP", re.sub(rf"\b{stage}\b", "STAGE", value))


def values(template: Template, stage: str) -> dict[Path, str]:
    return {
        (*(nameless(str(step), stage) for step in path),): nameless(value, stage)
        for path, value in leaves(template)
    }


def quoted(text: str, configured: set[tuple[str, str]]) -> str:
    """A text that quotes settings, as a dashboard's body does, with those of the other stage."""
    others = {f'"{ours}"': f'"{theirs}"' for ours, theirs in configured if ours}
    return re.sub(r'"[^"]*"', lambda found: others.get(found[0], found[0]), text)


@pytest.mark.parametrize(("one", "other"), list(pairwise(STAGES)))
def test_stages_differ_by_their_configuration_only(
    templates: dict[tuple[str, str], Template], stack: str, one: str, other: str
) -> None:
    first, second = (values(templates[stack, stage], stage) for stage in (one, other))
    assert first.keys() == second.keys()
    ours, theirs = config(one), config(other)
    assert ours.keys() == theirs.keys(), "each stage sets the same"
    configured = {(nameless(ours[key], one), nameless(theirs[key], other)) for key in ours}
    differing = {path: (first[path], second[path]) for path in first if first[path] != second[path]}
    unexplained = {
        path: (value, otherwise)
        for path, (value, otherwise) in differing.items()
        if (value, otherwise) not in configured and quoted(value, configured) != otherwise
    }
    assert unexplained == {}
