"""Echo: what is only the consequence of something else that was told, and would send its reader astray."""

from __future__ import annotations

from collections.abc import Iterable

from datasets.checks.findings import Finding
from datasets.folder.description import FILE, Description
from datasets.folder.streams import UNKNOWN_CASE


def without_echo(read: Iterable[Finding], checked: Iterable[Finding], description: Description) -> list[Finding]:
    """What was found in reading a folder, and then in checking the cohort, without echoes.

    A column that cannot be read is not also empty or without classes; a modality whose files are broken is not also empty; where
    rows of the first table are torn, nobody knows which cases are unknown elsewhere.
    """
    told = list(read)
    grave = [finding for finding in told if finding.grave]
    broken = {(finding.place, finding.column) for finding in grave if finding.column is not None}
    cells = {(finding.place, finding.column) for finding in grave if finding.rows}
    torn = (description.tables[0].file, None) in cells
    places = {finding.place for finding in grave}
    tables = {table.file for table in description.tables}
    files = {
        "text": {part.file for part in description.notes} | {table.file for table in description.tables if table.text},
        "series": {part.file for part in description.series},
        "tabular": tables,
        "inputs": tables,
    }

    def of_read(finding: Finding) -> bool:
        if finding.rows:
            return torn and finding.what == UNKNOWN_CASE
        return (finding.place, finding.column) in cells and finding.column is not None

    def of_checked(finding: Finding) -> bool:
        if finding.place == "outcomes":
            return FILE in places and len(description.outcomes) > 1
        if finding.place in files:
            return bool(places & {FILE, *files[finding.place]})
        return (finding.place, finding.column) in broken

    return [finding for finding in told if not of_read(finding)] + [finding for finding in checked if not of_checked(finding)]
