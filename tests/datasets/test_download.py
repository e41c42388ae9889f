"""Downloads from a real server: whole or not at all, from where they stopped, and nothing else in the data home is touched."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import threading
from pathlib import Path

import pytest

from datasets import Refused, resume
from datasets.download import Fetched, fetch, hosts, missing
from datasets.registry import File
from tests.datasets.served import Page, Server, serve

DATA = b"case,value\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(60_000))
CUT = 300_000


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def get(home: Path, url: str, sums: str | None = None, path: str = "toy/data.csv") -> list[Fetched]:
    return list(fetch([File(path, url=url, sums=sums)], home, lambda file: lambda got, total: None))


def listed(data: bytes, name: str = "data.csv") -> Page:
    other = hashlib.sha256(b"other").hexdigest()
    return Page(f"{other}  other.csv\n{hashlib.sha256(data).hexdigest()}  {name}\n".encode())


def held(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_a_file_comes_whole_with_its_sum(tmp_path: Path) -> None:
    heard = []
    with serve(data__csv=Page(DATA)) as server:
        files = [File("toy/data.csv", url=server.url("/data.csv"))]
        (found,) = fetch(files, tmp_path, lambda file: lambda got, total: heard.append((got, total)))
    assert found == Fetched(tmp_path / "toy/data.csv", len(DATA), hashlib.sha256(DATA).hexdigest(), None)
    assert held(tmp_path) == {"toy/data.csv": DATA}
    assert heard[-1] == (len(DATA), len(DATA))
    assert len(heard) > 1


@pytest.mark.parametrize("name", ["data.csv", "*data.csv", "./data.csv", "elsewhere/data.csv"])
def test_the_sources_own_sum_is_found_and_fetched_once(tmp_path: Path, name: str) -> None:
    with serve(data__csv=Page(DATA), more__csv=Page(b"b"), SUMS=listed(DATA, name)) as server:
        server.pages["/SUMS"].body += f"{hashlib.sha256(b'b').hexdigest().upper()} *more.csv\n".encode()
        sums = server.url("/SUMS")
        files = [File(f"toy/{name}", url=server.url(f"/{name}"), sums=sums) for name in ("data.csv", "more.csv")]
        found = list(fetch(files, tmp_path, lambda file: lambda got, total: None))
        assert [path for path, _ in server.asked] == ["/SUMS", "/data.csv", "/more.csv"]
    assert [one.sums for one in found] == [sums, sums]
    assert held(tmp_path) == {"toy/data.csv": DATA, "toy/more.csv": b"b"}


def test_a_list_names_files_by_their_path_below_it(tmp_path: Path) -> None:
    with serve() as server:
        lines = f"{hashlib.sha256(b'a').hexdigest()}  a/x.csv\n{hashlib.sha256(b'b').hexdigest()}  b/x.csv\n"
        server.pages |= {"/1.0/SUMS": Page(lines.encode()), "/1.0/b/x.csv": Page(b"b")}
        get(tmp_path, server.url("/1.0/b/x.csv"), server.url("/1.0/SUMS"))
        assert held(tmp_path) == {"toy/data.csv": b"b"}
        server.pages["/elsewhere/x.csv"] = Page(b"b")
        with pytest.raises(Refused, match="does not name it"):
            get(tmp_path / "second", server.url("/elsewhere/x.csv"), server.url("/1.0/SUMS"))


def test_another_content_than_the_lists_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with serve(data__csv=Page(DATA + b"9,9\n"), SUMS=listed(DATA)) as server:
        url = server.url("/data.csv")
        with pytest.raises(Refused, match="SHA-256 of what came is not the one") as refused:
            get(tmp_path, url, server.url("/SUMS"))
        assert url in str(refused.value)
        assert str(tmp_path / "toy/data.csv") in str(refused.value)
        assert held(tmp_path) == {}
        server.pages["/data.csv"].body = DATA
        get(tmp_path, url, server.url("/SUMS"))
    assert held(tmp_path) == {"toy/data.csv": DATA}


@pytest.mark.parametrize("text", ["", "not a list\n", f"{'0' * 64}  somewhere.csv\n", f"{'0' * 63}x  data.csv\n"])
def test_a_list_without_the_file_is_refused_before_the_file_is_asked_for(tmp_path: Path, text: str) -> None:
    with serve(data__csv=Page(DATA), SUMS=Page(text.encode())) as server:
        with pytest.raises(Refused, match="does not name it"):
            get(tmp_path, server.url("/data.csv"), server.url("/SUMS"))
        assert [path for path, _ in server.asked] == ["/SUMS"]
    assert held(tmp_path) == {}


def test_a_list_that_cannot_be_had_names_itself_and_the_file(tmp_path: Path) -> None:
    with serve(data__csv=Page(DATA)) as server, pytest.raises(Refused, match="404") as refused:
        get(tmp_path, server.url("/data.csv"), server.url("/SUMS"))
    assert str(refused.value).startswith(f"{server.url('/SUMS')} (the source's list of sums)")
    assert f"fetch {server.url('/data.csv')} by hand" in str(refused.value)


def broken_off(home: Path, server: Server, sums: str | None = None) -> None:
    """A first download that the server breaks off after CUT bytes."""
    page = server.pages["/data.csv"]
    page.cut = CUT
    with pytest.raises(Refused, match=rf"connection.*{CUT:,} bytes are kept, and the same command goes on from there"):
        get(home, server.url("/data.csv"), sums)
    assert set(held(home)) == {"toy/data.csv.part", "toy/data.csv.part.json"}
    assert held(home)["toy/data.csv.part"] == page.body[:CUT]
    page.cut = None
    server.asked.clear()


def test_a_second_call_goes_on_where_the_connection_broke(tmp_path: Path) -> None:
    with serve(data__csv=Page(DATA)) as server:
        broken_off(tmp_path, server)
        (found,) = get(tmp_path, server.url("/data.csv"))
        assert server.asked == [("/data.csv", f"bytes={CUT}-")]
    assert found.sha256 == hashlib.sha256(DATA).hexdigest()
    assert held(tmp_path) == {"toy/data.csv": DATA}


def test_it_breaks_and_goes_on_again_and_again(tmp_path: Path) -> None:
    with serve(data__csv=Page(DATA, cut=CUT)) as server:
        for _ in range(len(DATA) // CUT):
            with pytest.raises(Refused, match="connection"):
                get(tmp_path, server.url("/data.csv"))
        get(tmp_path, server.url("/data.csv"))
    assert held(tmp_path) == {"toy/data.csv": DATA}


@pytest.mark.parametrize(
    ("change", "requests"),
    [
        ({"ranges": False}, 1),  # the whole file comes in answer to a Range
        ({"body": DATA[::-1], "etag": '"two"'}, 1),  # If-Range: the server sees that the file is another one
        ({"body": DATA[::-1], "etag": '"two"', "if_range": False}, 2),  # it does not, but says so
        ({"body": DATA[:CUT]}, 2),  # 416: nothing stands there any more
        ({"body": DATA + b"more"}, 2),  # longer than it was
        ({"status": 404}, 1),
    ],
)
def test_it_starts_anew_where_it_cannot_go_on(tmp_path: Path, change: dict[str, object], requests: int) -> None:
    with serve(data__csv=Page(DATA)) as server:
        broken_off(tmp_path, server)
        page = server.pages["/data.csv"]
        for name, value in change.items():
            setattr(page, name, value)
        if page.status == 404:
            with pytest.raises(Refused, match="404"):
                get(tmp_path, server.url("/data.csv"))
            # A server that is wrong today may be right tomorrow.
            assert held(tmp_path)["toy/data.csv.part"] == DATA[:CUT]
        else:
            get(tmp_path, server.url("/data.csv"))
            assert held(tmp_path) == {"toy/data.csv": page.body}
        assert len(server.asked) == requests


@pytest.mark.parametrize(("with_sums", "ranges"), [(True, f"bytes={CUT}-"), (False, None)])
def test_without_a_mark_of_the_content_only_a_sum_lets_it_go_on(tmp_path: Path, with_sums: bool, ranges: str | None) -> None:
    with serve(data__csv=Page(DATA, etag=None), SUMS=listed(DATA)) as server:
        sums = server.url("/SUMS") if with_sums else None
        broken_off(tmp_path, server, sums)
        get(tmp_path, server.url("/data.csv"), sums)
        assert server.asked[-1] == ("/data.csv", ranges)
    assert held(tmp_path) == {"toy/data.csv": DATA}


def test_a_part_from_another_address_is_not_gone_on_from(tmp_path: Path) -> None:
    with serve(data__csv=Page(DATA), new__csv=Page(DATA[::-1])) as server:
        broken_off(tmp_path, server)
        get(tmp_path, server.url("/new.csv"))
    assert held(tmp_path) == {"toy/data.csv": DATA[::-1]}


def test_a_part_that_is_whole_is_taken_without_a_request(tmp_path: Path) -> None:
    with serve(data__csv=Page(DATA)) as server:
        broken_off(tmp_path, server)
        (tmp_path / "toy/data.csv.part").write_bytes(DATA)
        get(tmp_path, server.url("/data.csv"))
        assert server.asked == []
    assert held(tmp_path) == {"toy/data.csv": DATA}


def test_bytes_that_spoil_a_part_are_found_by_the_sum(tmp_path: Path) -> None:
    with serve(data__csv=Page(DATA), SUMS=listed(DATA)) as server:
        broken_off(tmp_path, server, server.url("/SUMS"))
        (tmp_path / "toy/data.csv.part").write_bytes(b"x" * CUT)
        with pytest.raises(Refused, match="SHA-256"):
            get(tmp_path, server.url("/data.csv"), server.url("/SUMS"))
        assert held(tmp_path) == {}


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/data.csv").write_bytes(b"mine")
    before = (tmp_path / "toy/data.csv").stat()
    with serve(data__csv=Page(DATA), SUMS=listed(DATA)) as server:
        assert get(tmp_path, server.url("/data.csv"), server.url("/SUMS")) == []
        assert server.asked == []
    after = (tmp_path / "toy/data.csv").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert held(tmp_path) == {"toy/data.csv": b"mine"}


def test_what_is_missing_knows_the_other_names_of_a_file(tmp_path: Path) -> None:
    files = (File("toy/a.csv"), File("toy/b.csv.gz"), File("toy/c.csv", also=("toy/see.csv",)), File("toy/d.csv"))
    assert missing(files, tmp_path) == files
    (tmp_path / "toy").mkdir()
    for name in ("a.csv.gz", "b.csv", "see.csv.gz", "d.csv.part"):
        (tmp_path / "toy" / name).touch()
    assert missing(files, tmp_path) == files[3:]


def test_the_servers_are_named_once() -> None:
    files = [File("a", "https://one.org/a", "https://two.org/s"), File("b", "https://one.org/b"), File("c")]
    assert hosts(files) == ("one.org", "two.org")


@pytest.mark.parametrize("cut", [None, 30_000])
def test_a_body_that_the_server_packs_is_unpacked(tmp_path: Path, cut: int | None) -> None:
    with serve(data__csv=Page(gzip.compress(DATA), encoding="gzip", cut=cut), SUMS=listed(DATA)) as server:
        if cut:
            with pytest.raises(Refused, match="connection"):
                get(tmp_path, server.url("/data.csv"))
            server.pages["/data.csv"].cut = None
        get(tmp_path, server.url("/data.csv"), server.url("/SUMS"))
        assert len(server.asked) == (3 if cut else 2)
    assert held(tmp_path) == {"toy/data.csv": DATA}


def test_gzip_stays_gzip_where_the_name_says_so_and_not_where_it_does_not(tmp_path: Path) -> None:
    packed = gzip.compress(DATA)
    with serve(data__csv=Page(packed)) as server:
        get(tmp_path, server.url("/data.csv"), path="toy/data.csv.gz")
        get(tmp_path, server.url("/data.csv"), path="toy/data.csv")
        server.pages["/data.csv"].encoding = "x-gzip"
        get(tmp_path, server.url("/data.csv"), path="toy/set.tar.gz")
    assert held(tmp_path) == {"toy/data.csv.gz": packed, "toy/data.csv": DATA, "toy/set.tar.gz": packed}


@pytest.mark.parametrize("body", [gzip.compress(DATA)[:-9], b"\x1f\x8b\x08 broken", b"plain"])
def test_broken_gzip_is_refused_and_leaves_nothing(tmp_path: Path, body: bytes) -> None:
    with serve(data__csv=Page(body, encoding="gzip")) as server, pytest.raises(Refused, match="not whole gzip"):
        get(tmp_path, server.url("/data.csv"))
    assert held(tmp_path) == {}


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (Page(b"", status=404), "answered 404 Not Found"),
        (Page(b"", status=500), "answered 500 Internal Server Error"),
        (Page(b"", status=401), "answered 401 Unauthorized"),
        (Page(b"", status=204), "answered 204 without the file"),
        (Page(b"\n<!DOCTYPE html><html>Log in</html>"), "a web page"),
        (Page(DATA, encoding="br"), "packs the file as 'br'"),
        (Page(b"", status=302, location="/data.csv"), "TooManyRedirects"),
        (Page(b"", status=302, location="file:///etc/passwd"), "InvalidSchema"),
    ],
)
def test_an_answer_that_is_no_file_is_refused_in_one_line(tmp_path: Path, page: Page, words: str) -> None:
    with serve(data__csv=page) as server, pytest.raises(Refused, match=words) as refused:
        get(tmp_path, server.url("/data.csv"))
    said = str(refused.value)
    assert said.startswith(f"{server.url('/data.csv')}: ")
    assert said.endswith(f"fetch {server.url('/data.csv')} by hand and put it at {tmp_path / 'toy/data.csv'}.")
    assert "\n" not in said
    assert held(tmp_path) == {}


def test_no_server_no_name_and_no_answer_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resume, "TIMEOUT", (0.5, 0.3))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/data.csv"
        with pytest.raises(Refused, match="did not answer in time"):
            get(tmp_path, address)
    with pytest.raises(Refused, match="the server refused the connection"):
        get(tmp_path, address)
    with pytest.raises(Refused, match="name is not known here"):
        get(tmp_path, "http://nowhere.invalid/data.csv")
    with serve(data__csv=Page(DATA, halt=CUT)) as server, pytest.raises(Refused, match=r"in time.*bytes are kept"):
        get(tmp_path, server.url("/data.csv"))
    # What was on its way into the file when the time ran out may be lost.
    kept = held(tmp_path)["toy/data.csv.part"]
    assert CUT - resume.PIECE < len(kept) <= CUT
    assert kept == DATA[: len(kept)]


def test_a_connection_that_ends_too_early_without_a_length_is_still_found_by_the_sum(tmp_path: Path) -> None:
    with serve(data__csv=Page(DATA, length=False, cut=CUT), SUMS=listed(DATA)) as server, pytest.raises(Refused, match="SHA-256"):
        get(tmp_path, server.url("/data.csv"), server.url("/SUMS"))
    assert held(tmp_path) == {}


def cut_short(home: Path, url: str) -> None:
    with pytest.raises(Refused):
        get(home, url)


def test_two_downloads_of_one_file_do_not_mix(tmp_path: Path) -> None:
    with serve(data__csv=Page(DATA, halt=CUT)) as server:
        first = threading.Thread(target=cut_short, args=(tmp_path, server.url("/data.csv")))
        first.start()
        assert server.halted.wait(10)
        with pytest.raises(Refused, match="another download of this file is under way"):
            get(tmp_path, server.url("/data.csv"))
        server.closing.set()
        first.join()
        server.pages["/data.csv"].halt = None
        get(tmp_path, server.url("/data.csv"))
    assert held(tmp_path) == {"toy/data.csv": DATA}


def test_what_a_killed_download_left_on_its_desk_is_taken_away(tmp_path: Path) -> None:
    desk = tmp_path / "toy" / ".data.csv.fetching"
    desk.mkdir(parents=True)
    (desk / "tmpabc").write_bytes(b"left")
    with serve(data__csv=Page(DATA)) as server:
        get(tmp_path, server.url("/data.csv"))
    assert held(tmp_path) == {"toy/data.csv": DATA}
    assert not desk.exists()


def test_a_file_that_comes_by_another_way_meanwhile_is_left(tmp_path: Path) -> None:
    place = tmp_path / "toy/data.csv"
    with serve(data__csv=Page(DATA)) as server, pytest.raises(Refused, match="another way meanwhile"):
        list(fetch([File("toy/data.csv", url=server.url("/data.csv"))], tmp_path, lambda file: lambda got, _: place.touch()))
    assert held(tmp_path) == {"toy/data.csv": b""}


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "toy").write_text("a file, no folder")
    with serve(data__csv=Page(DATA)) as server, pytest.raises(Refused, match=r"toy: cannot be written"):
        get(tmp_path, server.url("/data.csv"))
    assert held(tmp_path) == {"toy": b"a file, no folder"}


def test_what_stands_beside_a_part_may_be_broken(tmp_path: Path) -> None:
    with serve(data__csv=Page(DATA)) as server:
        broken_off(tmp_path, server)
        (tmp_path / "toy/data.csv.part.json").write_text(json.dumps({"url": server.url("/data.csv")}))
        get(tmp_path, server.url("/data.csv"))
    assert held(tmp_path) == {"toy/data.csv": DATA}
