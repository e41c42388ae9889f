"""Keys: what changes a prediction changes the key, and nothing else does."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.protocol.fingerprint import cell_key, source_hash
from bench.protocol.seeds import seed


def test_the_key_depends_on_each_setting_and_not_on_their_order() -> None:
    settings = {"dataset": "d", "fold": 0, "set": {"a": 1}}
    key = cell_key(settings, "source")
    assert key == cell_key(dict(reversed(settings.items())), "source")
    assert key != cell_key({**settings, "fold": 1}, "source")
    assert key != cell_key({**settings, "set": {"a": 2}}, "source")
    assert key != cell_key(settings, "other source")


def test_the_source_hash_follows_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = tmp_path / "plugin_here.py"
    plugin.write_text("from methods.scores import auc\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("plugin_here", None)
    before = source_hash(["plugin_here"])
    assert before == source_hash(["plugin_here"])
    assert before != source_hash(["methods.scores"])
    plugin.write_text("from methods.scores import auc\nk = 1\n")
    assert source_hash(["plugin_here"]) != before


def test_comments_and_docstrings_decide_nothing_and_all_else_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = tmp_path / "plugin_said.py"
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("plugin_said", None)

    def hashed(text: str) -> str:
        plugin.write_text(text, encoding="utf-8")
        return source_hash(["plugin_said"])

    bare = hashed('def f(a):\n    return a + "# é"\n\n\nclass A:\n    k = """x\n\n# y"""\n')
    said = hashed(
        '# été\n"""Of the module."""\ndef f(a):  # why\n    """Two\n    lines."""\n    # how\n    return a + "# é"\n\n\n'
        'class A:\n    "One."\n    k = """x\n\n# y"""  # k\n    """Of k."""\n'
    )
    assert bare == said
    others = [
        'def f(a):\n    return a + "# è"\n\n\nclass A:\n    k = """x\n\n# y"""\n',
        'def f(a):\n    return a + "# é"\n\n\nclass A:\n    k = """x\n\n"""\n',
        'def f(a):\n    return a - "# é"\n\n\nclass A:\n    k = """x\n\n# y"""\n',
        'def f(a):\n    "doc" + a\n    return a + "# é"\n\n\nclass A:\n    k = """x\n\n# y"""\n',
    ]
    assert len({bare, *map(hashed, others)}) == 5


def test_one_method_s_source_leaves_the_others_alone() -> None:
    """What decides `logistic` is not what decides `lightgbm`, although both share their columns."""
    assert source_hash(["methods.tabular.logistic"]) != source_hash(["methods.tabular.lightgbm"])


def test_seeds_differ_by_each_part_and_are_known() -> None:
    parts = (0, "surgical", "mmoe", 0, "trial", 0)
    assert seed(*parts) == seed(*parts)
    others = {seed(1, *parts[1:]), seed(0, "x", *parts[2:]), seed(*parts[:3], 1, "trial", 0), seed(*parts[:5], 1)}
    assert seed(*parts) not in others
    assert len(others) == 4
    assert 0 <= seed(*parts) < 2**31


def test_keys_are_found_without_importing_what_they_hash() -> None:
    """`logistic` reads notes by a package that torch stands behind; its key needs the text of that package alone."""
    code = "import sys; from bench.protocol.fingerprint import source_hash; source_hash(['methods.tabular.logistic'])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print('torch' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
