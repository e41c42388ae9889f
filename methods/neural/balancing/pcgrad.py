"""PCGrad: each outcome's gradient loses what conflicts with another's."""

from __future__ import annotations

from torch import Tensor
from torchjd.aggregation import PCGradWeighting

from methods.neural.balancing.base import Balancing, balancing


@balancing("pcgrad", effort=3.0)
class PCGrad(Balancing):
    """Gradient surgery (Yu et al., NeurIPS 2020): projects conflicting gradients on each other's normal plane.

    Where g_i · g_j < 0: g_i ← g_i − (g_i · g_j / ‖g_j‖²) g_j, over j ≠ i in random order, each g_j as it was; the update is
    Σ_i g_i. As weights on the g_i it needs only their inner products.
    """

    needs_gram = True

    def __init__(self, outcomes: int) -> None:
        super().__init__(outcomes)
        self.weighting = PCGradWeighting()

    def weights(self, losses: Tensor, gram: Tensor | None) -> Tensor:  # noqa: ARG002
        assert gram is not None
        return self.weighting(gram)
