"""TabM: an ensemble of perceptrons that share most of their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from methods.columns import TEXT_CHOICES
from methods.registry import register
from methods.tabular.one_network import OneNetwork

if TYPE_CHECKING:
    import optuna
    from torch import Tensor, nn

    from methods.tabular.networks.inputs import FittedInputs


@register("tabm", family="tabular", effort=1.5)
class TabM(OneNetwork):
    """TabM (Gorishniy, Kotelnikov and Babenko, ICLR 2025) of its authors' package, one network for all outcomes.

    `k` members are trained on the mean of their losses, and their mean probability is the prediction. `n_blocks` to `weight_decay`
    bear the paper's names; `d_block` starts at half of the package's default, which one core can train. `directions`: the most
    columns of a note field. `epochs`, `patience`: as in every neural method.
    """

    def __init__(
        self,
        n_blocks: int = 2,
        d_block: int = 256,
        k: int = 32,
        dropout: float = 0.1,
        lr: float = 2e-3,
        weight_decay: float = 3e-4,
        text: str = "marked",
        directions: int = 64,
        epochs: int = 40,
        patience: int = 6,
        batch_size: int = 128,
    ) -> None:
        self.n_blocks = n_blocks
        self.d_block = d_block
        self.k = k
        self.dropout = dropout
        self.lr = lr
        self.weight_decay = weight_decay
        self.text = text
        self.directions = directions
        self.epochs = epochs
        self.patience = patience
        self.batch_size = batch_size

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {
            "n_blocks": trial.suggest_int("n_blocks", 1, 4),
            "d_block": trial.suggest_categorical("d_block", (64, 128, 256, 512)),
            "dropout": trial.suggest_float("dropout", 0.0, 0.5),
            "lr": trial.suggest_float("lr", 1e-4, 5e-3, log=True),
            "weight_decay": trial.suggest_float("weight_decay", 1e-4, 1e-1, log=True),
            "text": trial.suggest_categorical("text", TEXT_CHOICES),
        }

    def network(self, inputs: FittedInputs, outcomes: int) -> nn.Module:
        from tabm import TabM as Network

        found: nn.Module = Network.make(
            n_num_features=inputs.table.width,
            cat_cardinalities=list(inputs.table.sizes),
            d_out=outcomes,
            n_blocks=self.n_blocks,
            d_block=self.d_block,
            k=self.k,
            dropout=self.dropout,
        )
        return found

    def bias(self, network: Any) -> Tensor:
        found: Tensor = network.output.bias
        return found

    def groups(self, network: nn.Module) -> list[dict[str, Any]]:
        return [{"params": list(network.parameters())}]
