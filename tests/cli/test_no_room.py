"""Results where nothing can be written, or no more: said in words, nothing half written counts, and the next run goes on."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import QUICKEST, Bench

PLUGIN = ("--plugin", str(QUICKEST))
Mount = Callable[..., Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a file system of so many bytes in memory, in a folder of its own; mounted again, it is changed."""
    mounted: list[Path] = []

    def mounting(options: str) -> Path:
        home = tmp_path / "disk"
        again = ["remount,"] if mounted else [""]
        home.mkdir(exist_ok=True)
        asked = ["mount", "-t", "tmpfs", "-o", f"{again[0]}{options}", "tmpfs", str(home)]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.returncode and not mounted:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        assert not done.returncode, done.stderr
        mounted.append(home)
        return home

    yield mounting
    if mounted:
        subprocess.run(["umount", str(mounted[0])], check=True)


def test_a_results_folder_that_cannot_be_written_is_refused_before_anything_starts(bench: Bench, small: Path, mount: Mount) -> None:
    disk = mount("size=1m,ro")
    refused = bench("run", str(small), *PLUGIN, "--results", str(disk / "results"), code=2)
    assert f"--results {disk}/results: cannot be written (Read-only file system)" in refused.stderr
    assert not list(disk.iterdir())


@pytest.mark.soak
def test_a_reports_folder_that_cannot_be_written_is_named_and_the_results_stay(
    bench: Bench, small: Path, mount: Mount, tmp_path: Path
) -> None:
    disk = mount("size=1m,ro")
    chosen = ("run", str(small), *PLUGIN, "--methods", "most_common")
    refused = bench(*chosen, "--reports", str(disk / "reports"), code=2)
    assert f"--reports {disk}/reports: cannot be written (Read-only file system)" in refused.stderr
    assert "1 done" in bench(*chosen).stdout


# From too little for a plan to nearly enough for all.
@pytest.mark.soak
@pytest.mark.parametrize("size", [8, 24, 48, 64, 96])
def test_a_disk_that_fills_up_at_any_moment_leaves_nothing_half_written(
    bench: Bench, small: Path, mount: Mount, tmp_path: Path, size: int
) -> None:
    disk = mount(f"size={size}k")
    chosen = ("run", str(small), *PLUGIN, "--methods", "most_common")
    full = bench(*chosen, "--results", str(disk), code=None)
    assert full.returncode in (0, 1, 2)
    if full.returncode:
        assert "No space left on device" in " ".join((full.stdout + full.stderr).split())
    mount("size=16m")
    done = bench(*chosen, "--results", str(disk))
    assert "broken" not in done.stdout.lower()
    bench(*chosen, "--results", "whole")
    torn, whole = (home / "small/small/most_common/fold-0/predictions.parquet" for home in (disk, tmp_path / "whole"))
    pd.testing.assert_frame_equal(pd.read_parquet(torn), pd.read_parquet(whole), check_exact=True)
