"""Inputs that cells of one run keep for each other: the same tensors, made once, whatever becomes of the disk."""

import errno
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import datasets
from methods.base import Run
from methods.neural.inputs import document as documents
from methods.neural.inputs import kept as keeping
from methods.neural.tensors import Inputs, fit_preprocessing
from methods.registry import build
from tests.methods.neural.cohorts import make, without_one_modality

Usage = namedtuple("Usage", "total used free")


def equal(a: Inputs, b: Inputs) -> bool:
    parts = [(getattr(a, part), getattr(b, part)) for part in vars(a)]
    return all(torch.equal(getattr(x, name), getattr(y, name)) for x, y in parts for name in vars(x))


def test_what_is_kept_is_what_would_be_made(tmp_path: Path) -> None:
    train, others = make(80), [make(30, seed=1), without_one_modality(make(30, seed=2)), make(30, seed=3).missing("text")]
    alone = fit_preprocessing(train, {})
    first, second = (fit_preprocessing(train, {}, folder=tmp_path) for _ in range(2))
    for cohort in (train, *others):
        assert equal(alone.inputs(cohort), first.inputs(cohort))
        assert equal(alone.inputs(cohort), second.inputs(cohort))
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


def test_the_second_reads_what_the_first_has_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = make(80), make(30, seed=1)
    made = fit_preprocessing(train, {}, folder=tmp_path).inputs(test)

    def refuse(*_: Any) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(documents, "fit_text", refuse)
    monkeypatch.setattr("methods.words.token_ids", refuse)
    assert equal(made, fit_preprocessing(train, {}, folder=tmp_path).inputs(test))
    with pytest.raises(AssertionError, match="fitted again"):
        fit_preprocessing(train, {}, folder=tmp_path).inputs(make(30, seed=4))


def test_a_write_to_what_is_kept_reaches_nobody_else(tmp_path: Path) -> None:
    train = make(80)
    first = fit_preprocessing(train, {}, folder=tmp_path).inputs(train)
    assert first.table is not None
    before = first.table.numbers.clone()
    first.table.numbers.zero_()
    again = fit_preprocessing(train, {}, folder=tmp_path).inputs(train)
    assert again.table is not None
    assert torch.equal(again.table.numbers, before)


def test_another_process_has_the_same_tensors(tmp_path: Path) -> None:
    train = datasets.load("surgical", Path(), patients=300)
    here = fit_preprocessing(train, {}, folder=tmp_path).inputs(train)
    code = (
        "import sys, datasets; from pathlib import Path; from methods.neural.tensors import fit_preprocessing; "
        "train = datasets.load('surgical', Path(), patients=300); "
        "print(repr(float(fit_preprocessing(train, {}, folder=Path(sys.argv[1])).inputs(train).document.values.sum())))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert here.document is not None
    assert float(done.stdout) == float(here.document.values.sum())
    assert len(list(tmp_path.glob("*/document-*"))) == 1


@pytest.mark.parametrize("when", ["no room", "full while it writes", "not allowed"])
def test_without_room_each_makes_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    train = make(80)
    if when == "no room":
        monkeypatch.setattr(keeping.shutil, "disk_usage", lambda _: Usage(1, 1, keeping.SPARE))
    elif when == "full while it writes":
        monkeypatch.setattr(keeping.np, "save", _raise(OSError(errno.ENOSPC, "No space left on device")))
    else:
        monkeypatch.setattr(Path, "mkdir", _raise(OSError(errno.EACCES, "Permission denied")))
    found = fit_preprocessing(train, {}, folder=tmp_path / "run").inputs(train)
    monkeypatch.undo()
    assert equal(found, fit_preprocessing(train, {}).inputs(train))
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".npy"]


def test_another_fault_of_the_disk_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping.np, "save", _raise(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OSError, match="Input/output"):
        fit_preprocessing(make(80), {}, folder=tmp_path)


def test_a_fit_gives_the_same_bits_with_and_without(tmp_path: Path) -> None:
    train, valid, test = make(120), make(60, seed=1), make(60, seed=2).hide_outcomes()

    def predicted(folder: Path | None) -> np.ndarray:
        method = build("hard_sharing", epochs=2)
        return method.fit(train, valid, Run(seed=3, folder=folder)).predict_proba(test)

    plain = predicted(None)
    assert np.array_equal(plain, predicted(tmp_path))
    assert np.array_equal(plain, predicted(tmp_path))


def _raise(error: OSError) -> Any:
    def raising(*_: Any, **__: Any) -> None:
        raise error

    return raising
