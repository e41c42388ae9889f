"""IMTL-G: an update on which every outcome's gradient has the same projection."""

from __future__ import annotations

from torch import Tensor
from torchjd.aggregation import IMTLGWeighting

from methods.neural.balancing.base import balancing
from methods.neural.balancing.surgery import Surgery


@balancing("imtl_g", effort=3.0)
class IMTLG(Surgery):
    """Impartial multi-task learning (Liu et al., ICLR 2021), its balance of gradients: equal projections on all of them.

    Σ_i α_i g_i with Σ_i α_i = 1 and g · g_i / ‖g_i‖ the same for every i (there equation 2), which is α ∝ G⁻¹ (‖g_1‖ … ‖g_T‖).
    Weights may be negative, as in the paper.
    """

    def __init__(self, outcomes: int) -> None:
        super().__init__(outcomes)
        self.weighting = IMTLGWeighting()

    def combined(self, gram: Tensor, present: Tensor) -> Tensor:  # noqa: ARG002
        return self.weighting(gram)
