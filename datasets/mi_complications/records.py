"""Records: the source's file, which has no header, alone or in the archive that UCI serves."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import IO

import pandas as pd

from datasets.errors import Refused
from datasets.mi_complications.columns import COLUMNS
from datasets.source import Table

FOLDER = "mi_complications"
DATA = "MI.data"
ARCHIVE = "myocardial+infarction+complications.zip"
URL = f"https://archive.ics.uci.edu/static/public/579/{ARCHIVE}"


def opened(home: Path) -> Table:
    """All records, in an order that is not the file's; "?" is empty. Refuses rows that do not have a field per column."""
    folder = home / FOLDER
    plain = next((path for path in (folder / DATA, folder / f"{DATA}.gz") if path.is_file()), None)
    archive = folder / ARCHIVE
    if plain is not None:
        frame = _fields(plain, plain)
        path = plain
    elif archive.is_file():
        frame = _unpacked(archive)
        path = archive
    else:
        raise Refused(
            f"{FOLDER}: {folder / DATA} was looked for (also as .gz, or {ARCHIVE} as it comes) and is not there. Get it from {URL} "
            f"and put it into {folder}. The data home is set by --data-home or CLINICAL_MTL_DATA."
        )
    names = _names(folder / "columns.txt")
    if frame.shape[1] != len(names):
        raise Refused(f"{path}: {frame.shape[1]} fields a row were found, {len(names)} are expected. Fetch it again from {URL}.")
    # What is missing is "?" in the source; a row that is too short is filled up with empty fields.
    if (short := frame.iloc[:, -1].eq("").to_numpy()).any():
        raise Refused(f"{path}: data row {int(short.argmax()) + 1} has fewer than {len(names)} fields. Fetch it again from {URL}.")
    frame = frame.set_axis(list(names), axis=1).set_axis(range(1, len(frame) + 1)).replace("?", None)
    table = Table(path, frame)
    return table.scrambled(FOLDER, table.key("ID"))


def _unpacked(archive: Path) -> pd.DataFrame:
    try:
        with zipfile.ZipFile(archive) as packed:
            member = next((name for name in packed.namelist() if Path(name).name == DATA), None)
            if member is None:
                raise Refused(f"{archive}: {DATA} is not in it. Fetch it again from {URL}.")
            with packed.open(member) as file:
                return _fields(file, archive)
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise Refused(f"{archive} cannot be read: {type(error).__name__}. Fetch it again from {URL}.") from error


def _fields(source: Path | IO[bytes], path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(source, header=None, dtype=str, keep_default_na=False, skipinitialspace=True, encoding="utf-8-sig")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise Refused(f"{path} cannot be read as CSV: {type(error).__name__}.") from error


def _names(path: Path) -> tuple[str, ...]:
    """The order of the columns: that of the source, or of `columns.txt` where it lies beside the file."""
    if not path.is_file():
        return COLUMNS
    names = tuple(name.strip() for name in path.read_text(encoding="utf-8-sig").replace("\n", ",").split(",") if name.strip())
    if len(set(names)) != len(names):
        raise Refused(f"{path}: a name stands twice. Take it away to read the columns in the source's order.")
    return names
