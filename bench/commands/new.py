"""new: a folder to start from."""

from __future__ import annotations

from rich.console import Console

from datasets.folder import path_of
from datasets.folder.template import write_template


def new_dataset(name: str) -> int:
    """Writes the template of a cohort of the user's own, in the current directory or at a path; exit code 0."""
    folder = path_of(name)
    files = write_template(folder)
    console = Console()
    for file in files:
        console.print(f"Written: {file}", highlight=False, markup=False, soft_wrap=True)
    path = folder if folder.is_absolute() or len(folder.parts) > 1 else f"./{folder}"
    told = f"Its patients are made up. Say in {files[0].name} what your own files hold, then: python -m bench check dataset {path}"
    console.print(told, highlight=False, markup=False, soft_wrap=True)
    return 0
