"""Later: inputs that are named like something known only after the landmark."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datasets.checks.findings import Finding
from datasets.checks.places import Places
from datasets.cohort import Cohort

_LATER = re.compile(
    r"\b(discharged?|disch|dis ?date|los|length of stay|hospital days|icu (days|stay|los|hours)|death|died|dead|deceased|mortality|"
    r"survival|survived|alive|expired|outcomes?|follow ?up|readmi(t|tted|ssion)|autopsy|complications?|reoperation|"
    r"post ?op(erative)?|after (surgery|discharge))\b"
)


def known_later(cohort: Cohort, where: Places) -> Iterator[Finding]:
    """Warns of inputs by their names; the card's landmark says what is right."""
    frames = (("tabular", cohort.tabular), ("text", cohort.text))
    for part, name in ((part, name) for part, frame in frames if frame is not None for name in frame):
        words = re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))).lower()
        if (found := _LATER.search(words)) is not None:
            what = f"is named like something known only later ('{found.group()}'); make sure that it was known at the landmark."
            yield where.warning(part, name, what)
