"""FT-Transformer: a Transformer over one token a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasets import Refused
from methods.columns import TEXT_CHOICES
from methods.registry import register
from methods.tabular.one_network import OneNetwork

if TYPE_CHECKING:
    import optuna
    from torch import Tensor, nn

    from methods.tabular.networks.inputs import FittedInputs

# The authors' own, whatever the width: heads of attention, and the hidden width of ReGLU in widths of a token.
HEADS, HIDDEN = 8, 4 / 3


@register("ft_transformer", family="tabular", effort=3.0)
class FTTransformer(OneNetwork):
    """FT-Transformer (Gorishniy et al., NeurIPS 2021) of its authors' package, one network for all outcomes.

    `n_blocks` to `weight_decay` bear the paper's names. Every column is a token, and attention costs their number squared: so of
    each note field only the first `directions` singular directions are columns, and keys and values are compressed to `compression`
    of the tokens (the package's Linformer option; None: not at all). The defaults are narrower than the package's (three blocks of
    192), which are in reach by `n_blocks` and `d_block`. `epochs`, `patience`: as in every neural method.
    """

    def __init__(
        self,
        n_blocks: int = 2,
        d_block: int = 32,
        attention_dropout: float = 0.2,
        ffn_dropout: float = 0.1,
        residual_dropout: float = 0.0,
        lr: float = 1e-3,
        weight_decay: float = 1e-5,
        text: str = "marked",
        directions: int = 8,
        compression: float | None = 0.25,
        epochs: int = 40,
        patience: int = 6,
        batch_size: int = 128,
    ) -> None:
        if d_block % HEADS:
            raise Refused(f"d_block = {d_block}: a multiple of {HEADS}, the number of attention heads, is needed.")
        self.n_blocks = n_blocks
        self.d_block = d_block
        self.attention_dropout = attention_dropout
        self.ffn_dropout = ffn_dropout
        self.residual_dropout = residual_dropout
        self.lr = lr
        self.weight_decay = weight_decay
        self.text = text
        self.directions = directions
        self.compression = compression
        self.epochs = epochs
        self.patience = patience
        self.batch_size = batch_size

    @staticmethod
    def search_space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        return {
            "n_blocks": trial.suggest_int("n_blocks", 1, 3),
            "d_block": trial.suggest_categorical("d_block", (32, 48, 64, 96)),
            "attention_dropout": trial.suggest_float("attention_dropout", 0.0, 0.5),
            "ffn_dropout": trial.suggest_float("ffn_dropout", 0.0, 0.5),
            "residual_dropout": trial.suggest_float("residual_dropout", 0.0, 0.2),
            "lr": trial.suggest_float("lr", 1e-4, 3e-3, log=True),
            "weight_decay": trial.suggest_float("weight_decay", 1e-6, 1e-1, log=True),
            "text": trial.suggest_categorical("text", TEXT_CHOICES),
        }

    def network(self, inputs: FittedInputs, outcomes: int) -> nn.Module:
        from rtdl_revisiting_models import FTTransformer as Network

        return Network(
            n_cont_features=inputs.table.width,
            cat_cardinalities=list(inputs.table.sizes),
            d_out=outcomes,
            n_blocks=self.n_blocks,
            d_block=self.d_block,
            attention_n_heads=HEADS,
            attention_dropout=self.attention_dropout,
            ffn_d_hidden_multiplier=HIDDEN,
            ffn_dropout=self.ffn_dropout,
            residual_dropout=self.residual_dropout,
            linformer_kv_compression_ratio=self.compression,
            linformer_kv_compression_sharing=None if self.compression is None else "key-value",
        )

    def bias(self, network: Any) -> Tensor:
        found: Tensor = network.backbone.output.linear.bias
        return found

    def groups(self, network: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = network.make_parameter_groups()
        return found
