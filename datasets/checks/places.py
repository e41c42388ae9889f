"""Places: findings about a part of a cohort, with the file that it stands in where that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datasets.checks.findings import Finding

WORDS = {"tabular": "column", "text": "note field", "series": "variable", "outcomes": "outcome"}


@dataclass(frozen=True)
class Places:
    """`files`: part of the cohort → column → file."""

    files: Mapping[str, Mapping[str, str]]

    def error(self, part: str, name: object, what: str) -> Finding:
        return self._finding(part, str(name), what, grave=True)

    def warning(self, part: str, name: object, what: str) -> Finding:
        return self._finding(part, str(name), what, grave=False)

    def _finding(self, part: str, name: str, what: str, grave: bool) -> Finding:
        file = self.files.get(part, {}).get(name)
        if file is not None and part in ("tabular", "outcomes"):
            return Finding(file, what, grave, column=name)
        return Finding(f"{file}, {WORDS[part]} '{name}'" if file else f"{WORDS[part]} '{name}'", what, grave)
