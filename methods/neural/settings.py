"""Settings of the network and its training: the same names, defaults and search space for every neural method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datasets import Refused

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Settings:
    """`d`: width of tokens and of h. `width`: of each projection and expert. `layers`: of the fusion Transformer. `lr`: AdamW's at
    the start of the cosine schedule that ends after `epochs`. `patience`: epochs without a better three-epoch mean of valid
    macro AUC before training stops. `batch_size`: cases a step."""

    d: int = 64
    width: int = 64
    layers: int = 2
    dropout: float = 0.1
    lr: float = 1e-3
    weight_decay: float = 0.01
    epochs: int = 40
    patience: int = 6
    batch_size: int = 128

    def __post_init__(self) -> None:
        for name in ("d", "width", "layers", "epochs", "patience", "batch_size"):
            if not isinstance(value := getattr(self, name), int) or isinstance(value, bool) or value < 1:
                raise Refused(f"{name} = {value!r}: a whole number from 1 upwards is needed.")
        if self.d % 4:
            raise Refused(f"d = {self.d}: a multiple of 4, the number of attention heads, is needed.")
        for name in ("dropout", "lr", "weight_decay"):
            if not isinstance(value := getattr(self, name), int | float) or isinstance(value, bool):
                raise Refused(f"{name} = {value!r}: a number is needed.")
        if not 0 <= self.dropout < 1:
            raise Refused(f"dropout = {self.dropout!r}: from 0 to below 1 is allowed.")
        if not self.lr > 0 or not self.weight_decay >= 0:
            raise Refused(f"lr = {self.lr!r}, weight_decay = {self.weight_decay!r}: above 0, and 0 or above, are needed.")

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        """What a trial tries, whatever the sharing and the balancing."""
        return {
            "d": trial.suggest_categorical("d", (32, 64, 96)),
            "layers": trial.suggest_int("layers", 1, 3),
            "dropout": trial.suggest_float("dropout", 0.0, 0.4),
            "lr": trial.suggest_float("lr", 1e-4, 1e-2, log=True),
            "weight_decay": trial.suggest_float("weight_decay", 1e-4, 0.3, log=True),
        }
