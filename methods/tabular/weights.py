"""Pretrained weights: a file that the user names, or the package's own download where the user asks for it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Refused

DOWNLOAD = "download"


@dataclass(frozen=True)
class Pretrained:
    """Where a method's weights come from. `package`: what reads them, and the extra that installs it. `variable`: the environment
    variable that names them. `source`: where they are offered, and under which names."""

    package: str
    variable: str
    source: str

    def absent(self, weights: str | None = None, **params: Any) -> str | None:  # noqa: ARG002
        """Why the method cannot run with the `weights` that a study, else the environment, names, and what to do; loads nothing."""
        if importlib.util.find_spec(self.package) is None:
            return (
                f"the package '{self.package}' is not installed. Install it with pip install 'clinical-mtl-bench[{self.package}]'."
            )
        named = weights or os.environ.get(self.variable)
        if not named:
            return f"no weights are named. {self._advice()}"
        said = f"weights = '{named}'" if weights else f"{self.variable} = '{named}'"
        return None if named == DOWNLOAD else self._unreadable(said, named)

    def outside(self, weights: str | None = None, **params: Any) -> dict[str, str]:  # noqa: ARG002
        """The content of the weights' file, so that another file of the same name makes other cells; `download` where the package
        chooses."""
        path = self.path(weights)
        return {"weights": DOWNLOAD if path is None else sha256(path)}

    def path(self, weights: str | None) -> Path | None:
        """The file that `weights` names, or else the environment; None where the package is to download it. Refuses a name without
        a file, and no name at all."""
        if weights is None and (why := self.absent()):
            raise Refused(f"{self.package}: {why}")
        named = weights or os.environ[self.variable]
        if named == DOWNLOAD:
            return None
        if why := self._unreadable(f"weights = '{named}'", named):
            raise Refused(f"{self.package}: {why}")
        return Path(named).expanduser()

    def _unreadable(self, said: str, named: str) -> str | None:
        return None if Path(named).expanduser().is_file() else f"{said}: there is no such file. {self._advice()}"

    def _advice(self) -> str:
        return (
            f"Download them from {self.source}, and set {self.variable} to the path of the file; "
            f"or set it to '{DOWNLOAD}', and {self.package} fetches them itself."
        )


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
