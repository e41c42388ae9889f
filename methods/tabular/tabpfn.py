"""TabPFN: a Transformer pretrained on synthetic tables, which reads train as its context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from methods.base import Run
from methods.columns import TEXT_CHOICES
from methods.registry import register
from methods.tabular.in_context import InContext
from methods.tabular.weights import Pretrained

if TYPE_CHECKING:
    from pathlib import Path

    import optuna

PRETRAINED = Pretrained(
    package="tabpfn",
    variable="CLINICAL_MTL_TABPFN_WEIGHTS",
    source="https://huggingface.co/Prior-Labs (such as tabpfn-v3.5-20260909.safetensors; licences differ; keep the file's name)",
)


@register("tabpfn", family="tabular", per_outcome=True, effort=10.0, absent=PRETRAINED.absent, outside=PRETRAINED.outside)
class TabPFN(InContext):
    """TabPFN (Hollmann et al., Nature 2025) of its authors' package, in context, one classifier per outcome.

    A checkpoint says how many cases and columns it takes; on a CPU the package takes at most 5,000 cases, before version 3 of the
    weights 1,000, and reads their version from the file's name. Of more train cases a draw is taken, and the log says how many.
    A `.ckpt` is read by `torch.load` with `weights_only`, which runs no code of the file; `.safetensors` hold none. The package
    reports nothing home.
    """

    pretrained = PRETRAINED

    def __init__(self, weights: str | None = None, n_estimators: int = 8, text: str = "marked", directions: int = 64) -> None:
        super().__init__(weights, n_estimators, text, directions)

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {
            "n_estimators": trial.suggest_categorical("n_estimators", (4, 8, 16)),
            "text": trial.suggest_categorical("text", TEXT_CHOICES),
        }

    def classifier(self, path: Path | None, run: Run) -> Any:
        from tabpfn import TabPFNClassifier

        return TabPFNClassifier(
            n_estimators=self.n_estimators,
            model_path="auto" if path is None else str(path),
            device=run.device,
            random_state=run.seed,
        )

    def limits(self, model: Any, device: str) -> tuple[int, int]:
        found = model.get_inference_config()
        on_cpu = found.MAX_CPU_SAMPLES if device == "cpu" else found.MAX_NUMBER_OF_SAMPLES
        return min(found.MAX_NUMBER_OF_SAMPLES, on_cpu), found.MAX_NUMBER_OF_FEATURES
