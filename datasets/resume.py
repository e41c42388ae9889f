"""Resume: a downloader for pooch that goes on where an interrupted download stopped; pooch's own starts anew."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import re
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

# Seconds to connect, and between two pieces of the answer.
TIMEOUT = (15.0, 60.0)
PIECE = 1 << 16
PACKED = (".gz", ".tgz")

Said = Callable[[int, int | None], None]


class Unusable(Exception):
    """What a server sent cannot be used; the words say why."""


@dataclass(frozen=True)
class State:
    """Of what a `.part` file is a part. `total`: bytes in all, `version`: the server's own mark of this content."""

    url: str
    total: int | None
    version: str | None
    packed: bool


@dataclass(frozen=True)
class Resuming:
    """Called by pooch: fetches `url` to `output_file` by way of `part`, which outlives an interruption and is gone at the end.

    It goes on from `part` by HTTP Range where the server says that the content is still the same one, or where a sum will be
    checked afterwards (`checked`); else, and where the server ignores Range, it starts anew. A body that the server packs
    with gzip is unpacked, unless the file's own name ends in .gz. `said(bytes, total)` hears of the progress.
    The folder of `output_file` is for this download alone: what a killed one left there is taken away.
    """

    part: Path
    checked: bool
    said: Said

    def __call__(self, url: str, output_file: Any, pooch: Any) -> None:  # noqa: ARG002
        with _alone(self.part) as file:
            for stray in Path(output_file).parent.iterdir():
                if stray != Path(output_file):
                    stray.unlink()
            state = self._state(url)
            have = file.seek(0, os.SEEK_END)
            if state is None or not have or have != state.total:
                state = self._fetch(url, file, state)
            file.flush()
            try:
                self._take(state, Path(output_file))
            except Unusable:
                file.truncate(0)
                raise
            self._sidecar.unlink(missing_ok=True)

    def _take(self, state: State, output: Path) -> None:
        """Moves the whole file to where pooch wants it, unpacked where gzip was only how it was sent."""
        packed = self._packed(state)
        try:
            with gzip.open(self.part) if packed else self.part.open("rb") as file:
                begins = file.read(512).lstrip().lower()
                if begins.startswith((b"<!doctype html", b"<html")) and not self._named((".html", ".htm")):
                    raise Unusable("the server answered with a web page (a log-in, perhaps), not with the file")
                if packed:
                    file.seek(0)
                    with output.open("wb") as whole:
                        shutil.copyfileobj(file, whole, PIECE)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise Unusable("what came is not whole gzip") from error
        if packed:
            self.part.unlink()
        else:
            self.part.replace(output)

    @property
    def _sidecar(self) -> Path:
        return self.part.with_name(self.part.name + ".json")

    def _state(self, url: str) -> State | None:
        try:
            state = State(**json.loads(self._sidecar.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return state if state.url == url else None

    def _fetch(self, url: str, file: BinaryIO, state: State | None) -> State:
        have = file.seek(0, os.SEEK_END)
        going_on = have > 0 and state is not None and (state.version is not None or self.checked)
        if going_on and state is not None and (found := self._ask(url, file, have, state)) is not None:
            return found
        file.truncate(0)
        found = self._ask(url, file, 0, None)
        if found is None:
            raise Unusable("the server sent a part of the file that was not asked for")
        return found

    def _ask(self, url: str, file: BinaryIO, have: int, state: State | None) -> State | None:
        """Appends the answer to what is there; None where the server cannot go on from there."""
        import requests

        headers = {"Accept-Encoding": "identity", "User-Agent": "clinical-mtl-bench"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if state is not None and state.version is not None:
                headers["If-Range"] = state.version
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            if have and answer.status_code == 416:
                return None
            answer.raise_for_status()
            _refuse_unusable(url, answer)
            if answer.status_code == 206:
                first, total = _range(answer.headers.get("Content-Range", ""))
                same = state is not None and total == state.total and _version(answer.headers) == state.version
                if not have or first != have or not same:
                    return None
            elif answer.status_code == 200:
                file.truncate(0)
                have, total = 0, _length(answer.headers.get("Content-Length"))
            else:
                raise Unusable(f"the server answered {answer.status_code} without the file")
            packed = answer.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip") or (
                have > 0 and bool(state and state.packed)
            )
            found = State(url, total, _version(answer.headers), packed)
            self._sidecar.write_text(json.dumps(asdict(found)), encoding="utf-8")
            for piece in answer.raw.stream(PIECE, decode_content=False):
                have += file.write(piece)
                self.said(have, total)
        if total is not None and have != total:
            raise Unusable(f"the connection ended after {have} of {total} bytes")
        return found

    def _packed(self, state: State) -> bool:
        """Whether gzip is only how the server sent the file: it says so, or nobody says what the bytes ought to be."""
        if self._named(PACKED):
            return False
        with self.part.open("rb") as file:
            looks_packed = file.read(2) == b"\x1f\x8b"
        return state.packed or (looks_packed and not self.checked)

    def _named(self, ends: tuple[str, ...]) -> bool:
        return self.part.with_suffix("").name.lower().endswith(ends)


def _refuse_unusable(url: str, answer: Any) -> None:
    if url.startswith("https:") and not answer.url.startswith("https:"):
        raise Unusable("the server sends on to an address without encryption")
    if (encoding := answer.headers.get("Content-Encoding", "identity").lower()) not in ("identity", "gzip", "x-gzip", ""):
        raise Unusable(f"the server packs the file as '{encoding}', which was not asked for")


def _version(headers: Any) -> str | None:
    """A strong ETag or the date of change; a weak ETag cannot vouch for the same bytes (RFC 9110, 13.1.5)."""
    etag = headers.get("ETag")
    return etag if etag and not etag.startswith("W/") else headers.get("Last-Modified")


def _range(header: str) -> tuple[int | None, int | None]:
    """First byte and total of a Content-Range, None where not said."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", header.strip())
    return (None, None) if found is None else (int(found[1]), _length(found[2]))


def _length(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


@contextmanager
def _alone(part: Path) -> Iterator[BinaryIO]:
    """The part file, open for appending and for this process alone; one that stays empty is taken away."""
    with part.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unusable("another download of this file is under way") from error
        # Whoever held the lock before may have finished the file and moved it to its place.
        if not part.exists() or part.stat().st_ino != os.fstat(file.fileno()).st_ino:
            raise Unusable("another download of this file has just ended")
        try:
            yield file
        finally:
            file.flush()
            if part.exists() and part.stat().st_ino == os.fstat(file.fileno()).st_ino and not part.stat().st_size:
                part.unlink()
                part.with_name(part.name + ".json").unlink(missing_ok=True)
