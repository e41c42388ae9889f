"""Gather: learned queries over the words of a note."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def gathered(c: Tensor, a: Tensor, read: Tensor) -> Tensor:
    """Σ_l softmax_l(a_q · c_l) c_l over the places that query q reads.

    `c` (batch, length, channels), `a` (channels, queries), `read` (batch, length, queries) bool; gives (batch, queries, channels).
    The gradient is that of the plain formula, written down because it costs half as much in this order on a CPU. Under autocast its
    products are in autocast's numbers, shares and sums in float32.
    """
    if torch.is_autocast_enabled(c.device.type):
        c = c.to(torch.get_autocast_dtype(c.device.type))
    found: Tensor = _Gathered.apply(c, a, read)  # type: ignore[no-untyped-call]
    return found


class _Gathered(torch.autograd.Function):
    """With s = c a, P = softmax(s), g = Pᵀc: ds = P (dP − Σ_l P dP), dP = c dgᵀ; da = Σ cᵀds; dc = P dg + ds aᵀ.

    Products are in the numbers of `c`, which are those of g and of its gradient."""

    @staticmethod
    def forward(ctx: Any, c: Tensor, a: Tensor, read: Tensor) -> Tensor:
        short = a.to(c.dtype)
        P = (c @ short).masked_fill_(~read, -1e9).softmax(dim=1, dtype=a.dtype)
        ctx.save_for_backward(c, short, read, P)
        return P.to(c.dtype).transpose(1, 2) @ c

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        c, a, read, P = ctx.saved_tensors
        (dg,) = grads
        dP = (c @ dg.transpose(1, 2)).to(P.dtype)
        # A query with nothing to read has equal shares of all words, and no gradient.
        ds = (P * (dP - (P * dP).sum(dim=1, keepdim=True))).masked_fill_(~read, 0.0)
        # Case by case, then summed: one product over all words is long and thin, and slow.
        da = torch.bmm(ds.to(c.dtype).transpose(1, 2), c).sum(dim=0, dtype=P.dtype).T
        dc = torch.cat([P, ds], dim=2).to(c.dtype) @ torch.cat([dg, a.T.expand(len(c), -1, -1)], dim=1)
        return dc, da, None
