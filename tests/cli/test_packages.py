"""Methods of other packages reach the registry by entry point; a broken package is left out with a line."""

from pathlib import Path

import pandas as pd

from tests.cli.conftest import QUICKEST, Bench


def install(site: Path, package: str, module: str, text: str) -> None:
    """A package as pip would leave it: a module, and metadata with an entry point."""
    metadata = site / f"{package}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[clinical_mtl_bench.methods]\n{package} = {module}\n")
    (site / f"{module}.py").write_text(text)


def test_an_installed_method_is_listed_and_runs_in_a_worker(bench: Bench, small: Path, tmp_path: Path) -> None:
    install(tmp_path / "site", "theirs", "their_methods", QUICKEST.read_text())
    path = {"PYTHONPATH": str(tmp_path / "site")}
    assert "most_common" in bench("list", "methods", **path).stdout
    bench("run", str(small), "--methods", "most_common", **path)
    report = pd.read_csv(tmp_path / "reports" / "small" / "main.csv")
    assert set(report.loc[report["method"] == "most_common", "status"]) == {"ok"}


def test_a_broken_package_is_left_out_with_a_line(bench: Bench, tmp_path: Path) -> None:
    install(tmp_path / "site", "broken_one", "broken_methods", "import nowhere_to_be_found\n")
    listed = bench("list", "methods", PYTHONPATH=str(tmp_path / "site"))
    assert "'broken_one' (broken_methods) is left out: ModuleNotFoundError" in " ".join(listed.stderr.split())
    assert "logistic" in listed.stdout
