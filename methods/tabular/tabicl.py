"""TabICL: a Transformer pretrained on synthetic tables, columns first, then rows, which reads train as its context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasets import Cohort
from methods.base import Run
from methods.columns import TEXT_CHOICES
from methods.registry import register
from methods.tabular.in_context import InContext
from methods.tabular.weights import Pretrained

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import optuna

PRETRAINED = Pretrained(
    package="tabicl",
    variable="CLINICAL_MTL_TABICL_WEIGHTS",
    source="https://huggingface.co/jingang/TabICL (tabicl-classifier-v2-20260212.ckpt)",
)
# The package has no bound in its code; these are the sizes that its authors say it was made for.
CASES, COLUMNS = 100_000, 2_000


@register("tabicl", family="tabular", per_outcome=True, effort=8.0, absent=PRETRAINED.absent, outside=PRETRAINED.outside)
class TabICL(InContext):
    """TabICL (Qu et al., ICML 2025) of its authors' package, in context, one classifier per outcome.

    Of more than 100,000 train cases a draw is taken; the log says how many. It was pretrained on up to 100 columns, which is why of
    each note field only the first eight `directions` are columns unless told otherwise. Checkpoints are read by `torch.load` with
    `weights_only`, which runs no code of the file. The package reports nothing home.
    """

    pretrained = PRETRAINED

    def __init__(self, weights: str | None = None, n_estimators: int = 8, text: str = "marked", directions: int = 8) -> None:
        super().__init__(weights, n_estimators, text, directions)

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {
            "n_estimators": trial.suggest_categorical("n_estimators", (4, 8, 16)),
            "text": trial.suggest_categorical("text", TEXT_CHOICES),
        }

    def classifier(self, path: Path | None, run: Run) -> Any:
        from tabicl import TabICLClassifier

        return TabICLClassifier(
            n_estimators=self.n_estimators,
            model_path=path,
            allow_auto_download=path is None,
            device=run.device,
            random_state=run.seed,
        )

    def limits(self, model: Any, device: str) -> tuple[int, int]:  # noqa: ARG002
        return CASES, COLUMNS

    def fit_outcome(self, train: Cohort, y: np.ndarray, valid: Cohort, y_valid: np.ndarray, run: Run) -> Any:
        return ordered(super().fit_outcome(train, y, valid, y_valid, run))


def ordered(model: Any) -> Any:
    """The fitted classifier with its members by name: it keeps them as a set had them, in another order in another process, and
    their sum then differs in its last bit."""
    members = model.ensemble_generator_
    for name in ("ensemble_configs_", "feature_shuffles_", "class_shuffles_"):
        found = getattr(members, name)
        setattr(members, name, type(found)(sorted(found.items())))
    return model
