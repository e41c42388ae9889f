"""Page: index.md, which ties a report together, question answered first."""

from __future__ import annotations

from collections.abc import Sequence

from bench.reporting import facts, grids, markdown, published
from bench.reporting.answer import answer
from bench.reporting.contents import Contents
from bench.reporting.markdown import escape

READ_MAIN = (
    "Scores on test cases, mean over seeds, then folds, then repeats; in brackets 95 % intervals by bootstrap over "
    "patients, unadjusted for the number of intervals shown. Overlapping intervals do not say that two methods are equal: "
    "differences are paired, see the answer above. Best bold, second underlined, whether or not the difference is real. "
    "AUPRC of a useless method is the prevalence."
)
READ_MAIN_FIGURE = (
    "Each dot is a score, each line its 95 % interval (unadjusted); methods stand in the order of their average AUC. "
    "Dashed: chance, which in AUPRC is the prevalence. Dotted, where the truth is known: `oracle`, what the true risk itself "
    "would reach, and noisy modalities cannot; `large_n`, what plain methods reach from 100,000 further patients."
)
READ_TRANSFER = (
    "Gain = score of the method − score of its twin, which shares nothing; absolute, positive is good. In brackets paired "
    "95 % intervals, unadjusted. `helped` and `harmed` need p < 0.05 after Holm's correction within one metric, over "
    "methods × outcomes (the averages: over methods). An interval can lie beside zero without a verdict, for it is "
    "unadjusted. Δm is the mean relative difference in percent; its sign is turned: negative says that sharing helped. "
    "From five folds on, `transfer.csv` also holds the Nadeau–Bengio interval and Holm p (`methods_*`), which speak of the methods."
)
READ_TRANSFER_FIGURE = "Right of the line sharing helped, left of it it harmed; grey dots are no clear difference after correction."
READ_BASELINE = (
    "Difference = score of the method − score of the baseline that the study names; absolute, positive is better than the "
    "baseline. In brackets paired 95 % intervals, unadjusted. `better` and `worse` need p < 0.05 after Holm's correction within "
    "one metric, over methods × outcomes (the averages: over methods). From five folds on, `baseline.csv` also holds the "
    "Nadeau–Bengio interval and Holm p (`methods_*`), which speak of the methods."
)
READ_COST = (
    "Seconds, trials and fits are summed over folds; parameters are of one fit for all outcomes; memory is the highest of "
    "a method's processes. Times hold for the machine of this run."
)
READ_COST_FIGURE = "Up is better, left is cheaper: a method with another one above and to its left is beaten on both."
READ_DEFAULT = (
    "Trial 0, the documented default with one seed, against the tuned method; a gain around zero says that tuning was not needed."
)
READ_NESTED = (
    "A true risk of the composite is never below the risk of something that it holds; a method that says so contradicts itself."
)
READ_VISIBLE = (
    "The smallest difference between two methods that a single test at 5 % would have seen with 80 % power (2.80 standard "
    "errors, median over pairs with the leader). Smaller differences may be real and yet not be found here."
)
FILES = """\
- `main.csv`, `main.md`, `main.tex`: every score; `transfer.*`: gains against the twin; `delta_m.csv`: Δm; `cost.*`; `default.*`;
  `nested.csv`: contradictions between nested outcomes.
- Figures as PNG and SVG; each is drawn from the CSV of its own name.
- `manifest.json`: SHA-256 of every file of this report.
"""
# Written where a study asks for them.
FILES_ASKED = {
    "baseline": "- `baseline.*`: every method's differences to the study's baseline.",
    "published": "- `published.csv`: what others published on cohorts of their own.",
}


def index(study: str, datasets: Sequence[Contents]) -> str:
    """The whole page in Markdown; a dataset a section, under its own heading where there are several."""
    parts = [f"# Study {escape(study)}\n"]
    several = len(datasets) > 1
    for contents in datasets:
        name = contents.record.name
        if several:
            parts.append(f"# Dataset {escape(name)}\n")
        parts += _dataset(contents, f"-{name}" if several else "")
    asked = [line for name, line in FILES_ASKED.items() if any(name in contents.tables for contents in datasets)]
    parts.append("\n".join([f"## Files\n\n{FILES.rstrip()}", *asked, ""]))
    return "\n".join(parts)


def _dataset(contents: Contents, end: str) -> list[str]:
    def figure(name: str, how: str) -> str:
        return f"![{name}]({name}{end}.png)\n\n{how}\n"

    parts = ["## Answer\n", *answer(contents), ""]
    parts += ["## Scores\n", READ_MAIN, "", markdown.titled(grids.main_grids(contents), 3)]
    if len(contents.published):
        parts.append(published.in_markdown(contents.published, 3))
    parts.append(figure("main", READ_MAIN_FIGURE))
    failed = facts.failures(contents)
    if failed:
        parts += ["## Failed cells\n", failed]
    parts += ["## What could have been seen\n", READ_VISIBLE, "", facts.visible(contents)]
    against = grids.baseline_grids(contents)
    if against:
        label = escape(str(contents.baseline.label))
        parts += [f"## Difference to {label}\n", READ_BASELINE, "", markdown.titled(against, 3)]
    if contents.pairs.twins:
        gains = markdown.titled(grids.transfer_grids(contents), 3)
        parts += ["## Does sharing help?\n", READ_TRANSFER, "", gains, figure("transfer", READ_TRANSFER_FIGURE)]
    parts += ["## Cost\n", READ_COST, "", markdown.titled(grids.cost_grids(contents), 3), figure("cost", READ_COST_FIGURE)]
    parts += ["## Default against tuned\n", READ_DEFAULT, "", markdown.titled(grids.default_grids(contents), 3)]
    if not contents.nested.empty:
        parts += ["## Nested outcomes\n", READ_NESTED, "", markdown.titled(grids.nested_grids(contents), 3)]
    parts += ["## Protocol\n", *facts.protocol(contents), ""]
    parts += ["## Cohort\n", facts.cohort(contents), ""]
    return parts
