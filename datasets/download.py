"""Download: a dataset's files from where their source serves them into the data home; never a half or a wrong file."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from posixpath import basename
from urllib.parse import unquote, urlsplit

from datasets import resume
from datasets.errors import Refused
from datasets.registry import File
from datasets.resume import Resuming, Said, Unusable


@dataclass(frozen=True)
class Fetched:
    """A file that came. `sums`: address of the source's list that its SHA-256 was found in; None where the source has none."""

    path: Path
    size: int
    sha256: str
    sums: str | None


def missing(files: Iterable[File], home: Path) -> tuple[File, ...]:
    """The files that are not in the data home under any name that the loader takes, plain or gzipped."""
    return tuple(file for file in files if not any(path.exists() for path in _spellings(file, home)))


def hosts(files: Iterable[File]) -> tuple[str, ...]:
    """The servers that must be reached for these files."""
    addresses = [address for file in files for address in (file.url, file.sums) if address]
    return tuple(dict.fromkeys(urlsplit(address).netloc for address in addresses))


def fetch(files: Iterable[File], home: Path, said: Callable[[File], Said]) -> Iterator[Fetched]:
    """Fetches files that have a `url`, one after the other, each given when it stands whole at its place.

    What was interrupted stays beside that place as `NAME.part`, and the next call goes on from there. A file that is there
    is left as it is. `said(file)` gives what hears of the bytes. Refuses, by address: no network, an answer that is an
    error or no file, and content that is not the one of the source's list.
    """
    lists: dict[str, str] = {}
    for file in files:
        place = home / file.path
        if file.url is None or place.exists():
            continue
        known = None
        if file.sums is not None:
            if file.sums not in lists:
                with _told(f"{file.sums} (the source's list of sums)", file.url, place):
                    lists[file.sums] = _text(file.sums)
            known = _sum(lists[file.sums], file.sums, file.url, place)
        with _told(file.url, file.url, place):
            fetched = _fetched(file, file.url, place, known, said(file))
        yield fetched


def _fetched(file: File, url: str, place: Path, known: str | None, said: Said) -> Fetched:
    import pooch

    # Its lines say what ours say, and ask the reader to change code.
    pooch.get_logger().setLevel("ERROR")
    # A folder on the way to the place, so that a killed download leaves no nameless file among the data.
    desk = place.with_name(f".{place.name}.fetching")
    desk.mkdir(parents=True, exist_ok=True)
    try:
        downloader = Resuming(place.with_name(f"{place.name}.part"), known is not None, said)
        whole = Path(pooch.retrieve(url, known_hash=known, fname=place.name, path=desk, downloader=downloader))
        if place.exists():
            whole.unlink()
            raise Unusable("the file has come to its place by another way meanwhile, and is left as it is")
        whole.replace(place)
    finally:
        with suppress(OSError):
            desk.rmdir()
    return Fetched(place, place.stat().st_size, known or pooch.file_hash(str(place)), file.sums)


def _text(address: str) -> str:
    import requests

    answer = requests.get(address, headers={"User-Agent": "clinical-mtl-bench"}, timeout=resume.TIMEOUT)
    answer.raise_for_status()
    return answer.text


def _sum(text: str, address: str, url: str, place: Path) -> str:
    """The SHA-256 that a list gives a file: by its path below the list's own folder, else by its name if one bears it."""
    found = {}
    for line in text.splitlines():
        digest, _, name = line.strip().partition(" ")
        if len(digest) == 2 * hashlib.sha256().digest_size and not set(digest.lower()) - set("0123456789abcdef"):
            found[name.strip().removeprefix("*").removeprefix("./")] = digest.lower()
    path, folder = (unquote(urlsplit(part).path) for part in (url, address.rpartition("/")[0]))
    if (exact := path.removeprefix(f"{folder}/")) in found:
        return found[exact]
    alike = {digest for name, digest in found.items() if basename(name) in (basename(path), place.name)}
    if len(alike) != 1:
        raise Refused(
            f"{url}: the source's list of sums {address} does not name it, so that what comes could not be checked. "
            f"{_by_hand(url, place)}"
        )
    return alike.pop()


@contextmanager
def _told(address: str, url: str, place: Path) -> Iterator[None]:
    """Turns what goes wrong with an address into one line: the address, what happened, what to do about the file."""
    import requests
    import urllib3

    wrong = (Unusable, ValueError, requests.RequestException, urllib3.exceptions.HTTPError)
    try:
        yield
    except wrong as error:
        part = place.with_name(f"{place.name}.part")
        kept = f"{part.stat().st_size:,} bytes are kept, and the same command goes on from there. " if part.exists() else ""
        raise Refused(f"{address}: {_reason(error)}. {kept}{_by_hand(url, place)}") from error
    except OSError as error:
        raise Refused(f"{place.parent}: cannot be written ({error.strerror or type(error).__name__}).") from error


def _reason(error: Exception) -> str:
    """What happened, in a reader's words."""
    import requests
    import urllib3

    chain = list(_causes(error))

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in chain)

    if isinstance(error, Unusable):
        return str(error)
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}".strip()
    if among(socket.gaierror, urllib3.exceptions.NameResolutionError):
        return "the server's name is not known here (no network, perhaps, or a proxy is needed)"
    if among(ConnectionRefusedError):
        return "the server refused the connection"
    # In urllib3 every failure to connect is a kind of timeout; only these are real ones.
    if among(requests.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError):
        return f"the server did not answer in time ({resume.TIMEOUT[0]:g} s to connect, {resume.TIMEOUT[1]:g} s to send)"
    if among(requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        return "the server's certificate could not be checked"
    if among(requests.exceptions.ProxyError):
        return "the proxy did not let it through"
    if among(urllib3.exceptions.ProtocolError, requests.exceptions.ChunkedEncodingError):
        return "the connection broke"
    if among(requests.ConnectionError):
        return "the server could not be reached (no network, perhaps)"
    if isinstance(error, ValueError) and "hash" in str(error):
        return "the SHA-256 of what came is not the one of the source's list, so it was thrown away"
    return f"the download failed ({type(error).__name__})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that lies beneath it; urllib3 keeps its own in `reason` and in arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        this = waiting.pop()
        if isinstance(this, BaseException) and id(this) not in seen:
            seen.add(id(this))
            yield this
            waiting += [this.__cause__, this.__context__, getattr(this, "reason", None), *this.args]


def _by_hand(url: str, place: Path) -> str:
    return f"You can also fetch {url} by hand and put it at {place}."


def _spellings(file: File, home: Path) -> Iterator[Path]:
    for name in (file.path, *file.also):
        yield from (home / name, home / f"{name}.gz", home / name.removesuffix(".gz"))
