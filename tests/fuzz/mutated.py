"""Inputs as no manual foresaw them: files that were right once, then changed in places; command lines put together blindly."""

from hypothesis import strategies as st

# What a value of TOML may be replaced with.
VALUES = (
    *(
        "-1",
        "0",
        "1e400",
        "nan",
        "inf",
        "9223372036854775808",
        "0x7f",
        "true",
        '""',
        '" "',
        '"../../x"',
        '"/etc/passwd"',
        '"a\\u0000b"',
    ),
    *(
        '"<script>"',
        "[]",
        "{}",
        "[[]]",
        "[1, 2]",
        '["case", "case"]',
        '["", ""]',
        "2021-03-04",
        "07:30:00",
        '"kidney"',
        '"case"',
        '"é"',
    ),
    *(
        "{a = 1}",
        '"CON"',
        '"\\u202e"',
        '"cases.csv"',
        '"%s%n"',
        '"surgical"',
        '"logistic"',
        '"all"',
        "50",
        '"' + "x" * 300 + '"',
        "1e-320",
    ),
    # Names that no file system takes.
    *(f'"{sign * 300}{end}"' for sign, end in (("x", ".csv"), ("y", ".toml"), ("./z", ""))),
    *('"a\\u0000b.csv"', '"a\\u0000b.toml"', '"./a\\u0000"'),
)
CELLS = (
    *(
        "",
        " ",
        '"',
        '""',
        '"a',
        "'",
        ",",
        ";",
        "\n",
        "\r\n",
        "\r",
        "\0",
        "\ufeff",
        "1e400",
        "-1e39",
        "inf",
        "NaN",
        "1,5",
        "1.5.1",
        "0x10",
    ),
    *(
        "TRUE",
        "2021-02-30",
        "2021-03-04 10:00",
        "12:30",
        "=1+1",
        "a" * 5000,
        "9" * 400,
        "é",
        "\u2028",
        "\u202e",
        "-",
        "?",
        "a",
        "p1",
    ),
)
WORDS = (
    *(f"{start}{'x' * 300}{end}" for start in ("", "./") for end in ("", ".toml", ".py")),
    *("run", "report", "status", "verify", "compare", "rerun", "check", "new", "list", "dashboard", "dataset", "method", "methods"),
    *(
        "tiny.toml",
        "./tiny",
        "nowhere",
        "../..",
        "/",
        "",
        " ",
        "-",
        "--",
        "-1",
        "nan",
        "é",
        "\0",
        "a/b",
        "x" * 300,
        "quick.toml",
        ".",
        "~nobody",
    ),
    *(
        "--trials",
        "--folds",
        "--seeds",
        "--patients",
        "--workers",
        "--cell-timeout",
        "--memory",
        "--methods",
        "--dataset",
        "--split",
    ),
    *(
        "--modalities",
        "--diagnostics",
        "--device",
        "--arithmetic",
        "--results",
        "--reports",
        "--plugin",
        "--set",
        "--out",
        "--strict",
        "--help",
        "--nope",
    ),
    *(
        "--text-encoder",
        "--data-home",
        "--repeats",
        "--port",
        "--no-open",
        "--quick",
        "1",
        "0",
        "7",
        "1e9",
        "9" * 30,
        "k=1",
        "=",
        "a=",
        ",",
        "a,b",
    ),
)


@st.composite
def changed(draw: st.DrawFn, text: str, odd: tuple[str, ...], marks: str) -> bytes:
    """The text after one to four changes: a piece between marks replaced, a line lost, doubled or moved, signs put in, the end cut
    off, bytes that are no text."""
    for _ in range(draw(st.integers(1, 4))):
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(("piece", "piece", "piece", "lose", "double", "move", "put", "cut")))
        if kind == "piece":
            places = [i for i, sign in enumerate(lines[at]) if sign in marks]
            start = draw(st.sampled_from([-1, *places])) + 1
            end = next((i for i in places if i >= start), len(lines[at])) if draw(st.booleans()) else len(lines[at])
            lines[at] = lines[at][:start] + draw(st.sampled_from(odd)) + lines[at][end:]
        elif kind == "lose":
            del lines[at]
        elif kind == "double":
            lines.insert(at, lines[at])
        elif kind == "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
        elif kind == "put":
            place = draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:place] + draw(st.text(max_size=3)) + lines[at][place:]
        text = "\n".join(lines)
        if kind == "cut":
            text = text[: draw(st.integers(0, len(text)))]
    content = text.encode("utf-8", errors="replace")
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.binary(min_size=1, max_size=4)) + content[place:]
    return content


def toml(text: str) -> st.SearchStrategy[bytes]:
    """A TOML file, changed."""
    return changed(text, VALUES, "=,[]{} ")


def csv(text: str) -> st.SearchStrategy[bytes]:
    """A CSV file, changed."""
    return changed(text, CELLS, ",")


def words() -> st.SearchStrategy[list[str]]:
    """A command line. What would compute for long is no word of it."""
    return st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=5)), max_size=7)
