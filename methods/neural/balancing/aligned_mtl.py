"""Aligned-MTL: the outcomes' gradients, made orthogonal and of one length."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor
from torchjd.aggregation import AlignedMTLWeighting

from datasets import Refused
from methods.neural.balancing.base import balancing
from methods.neural.balancing.surgery import Surgery

Scale = Literal["min", "median", "rmse"]


@balancing("aligned_mtl", effort=3.0)
class AlignedMTL(Surgery):
    """Independent component alignment (Senushkin et al., CVPR 2023): the principal components of J get one singular value.

    B = √λ V Λ^(−1/2) Vᵀ, with G = V Λ Vᵀ over the eigenvalues above rounding; the update is Jᵀ B w, w_i = 1/T (there
    algorithm 1). `scale` names λ, which no direction depends on: the smallest eigenvalue, as there, the median, or the mean.
    """

    def __init__(self, outcomes: int, scale: Scale = "min") -> None:
        super().__init__(outcomes)
        if scale not in get_args(Scale):
            raise Refused(f"scale = {scale!r}: one of {', '.join(get_args(Scale))} is needed.")
        self.weighting = AlignedMTLWeighting(scale_mode=scale)

    def combined(self, gram: Tensor, present: Tensor) -> Tensor:  # noqa: ARG002
        return self.weighting(gram)
