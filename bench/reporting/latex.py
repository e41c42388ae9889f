"""LaTeX: grids as booktabs tables, with names that a user gave made harmless."""

from __future__ import annotations

import re

from bench.reporting.grid import Cell, Grid
from bench.reporting.printable import printable

PREAMBLE = "% Needs \\usepackage{booktabs,graphicx}.\n"
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    # A row that begins with [ would be read as the optional argument of the line break before it.
    "[": "{[}",
    "Δ": r"$\Delta$",
    "–": "--",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
_MINUS = re.compile(r"(?<![\w.])-(?=\d)")


def escape(text: str) -> str:
    """Text that LaTeX prints as it is; a minus before a number becomes one."""
    plain = "".join(_SPECIAL.get(sign, sign) for sign in printable(text))
    return _MINUS.sub("$-$", plain)


def table(grid: Grid, caption: str) -> str:
    """A grid as a table environment: best bold, second underlined, shrunk to the width of the text where it is wider."""
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(grid.title)}. {escape(caption)}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{l{'r' * (len(grid.columns) - 1)}}}",
        r"\toprule",
        " & ".join(escape(head) for head in grid.columns) + r" \\",
        r"\midrule",
        *(" & ".join(_cell(cell) for cell in row) + r" \\" for row in grid.rows),
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    return {"best": rf"\textbf{{{text}}}", "second": rf"\underline{{{text}}}"}.get(cell.mark, text)
