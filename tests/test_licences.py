"""Licences: nothing that the suite needs at run time is under the GPL, and each says what it is under."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement

OURS = "clinical-mtl-bench"


def needed(name: str, seen: dict[str, Distribution], extra: str = "") -> dict[str, Distribution]:
    """All packages that a package needs at run time, with one of its extras or without, and those that they need."""
    for line in distribution(name).requires or ():
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        if requirement.name not in seen:
            try:
                seen[requirement.name] = distribution(requirement.name)
            except PackageNotFoundError:
                # Left out on purpose, as the parts of PyTorch that compute elsewhere, or an extra that nobody asked for.
                continue
            needed(requirement.name, seen)
    return seen


def licences(found: Distribution) -> Iterator[str]:
    """What a package says of its licence, the first lines of a text."""
    meta = found.metadata
    yield from meta.get_all("License-Expression") or ()
    yield from (line for line in meta.get_all("Classifier") or () if line.startswith("License ::"))
    yield from (text[:200] for text in meta.get_all("License") or () if text.strip())


NEEDED = needed(OURS, {})
# What tests alone need is not handed on to users.
EXTRAS = [extra for extra in distribution(OURS).metadata.get_all("Provides-Extra") or () if extra != "test"]
OFFERED = {name: found for extra in EXTRAS for name, found in needed(OURS, {}, extra).items() if name not in NEEDED}


@pytest.mark.parametrize("name", sorted(NEEDED | OFFERED))
def test_a_package_says_its_licence_which_is_not_the_gpl(name: str) -> None:
    found = " / ".join(licences((NEEDED | OFFERED)[name]))
    assert found, f"{name} says nothing of its licence; look it up"
    # The Lesser GPL leaves alone what only uses a library.
    assert not re.search(r"\bA?GPL|(?<!Lesser )General Public Licen[sc]e", found), found


def test_the_closure_is_the_whole() -> None:
    assert {"torch", "pandas", "numpy", "xgboost", "joblib"} <= set(NEEDED)
    assert len(NEEDED) > 40
