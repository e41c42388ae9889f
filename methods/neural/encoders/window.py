"""Sums of looked-up rows over a window of neighbouring tokens: a convolution over frozen vectors without its cost."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def window_sum(tokens: Tensor, table: Tensor) -> Tensor:
    """out[b, l] = Σ_k table[tokens[b, l + k − r], k], r = taps // 2; tokens beyond either end are row 0.

    `tokens` (batch, length) int32, `table` (rows, taps, width), whose row 0 is a constant; gives (batch, length, width).
    A batch has far fewer different tokens than tokens, so the convolution is applied once to each different vector and the
    results are looked up.
    """
    found: Tensor = _WindowSum.apply(tokens, table)  # type: ignore[no-untyped-call]
    return found.view(*tokens.shape, -1)


class _WindowSum(torch.autograd.Function):
    """The gradient of a row sums over the places of its token; these are sorted, so that the sum is a look-up as well, in an
    order that is always the same."""

    @staticmethod
    def forward(ctx: Any, tokens: Tensor, table: Tensor) -> Tensor:
        rows, taps, width = table.shape
        reach = taps // 2
        padded = functional.pad(tokens, (reach, reach))
        batch, length = tokens.shape
        window = padded.as_strided((batch, length, taps), (padded.stride(0), 1, 1)) * taps
        window = window + torch.arange(taps, dtype=tokens.dtype, device=tokens.device)
        ctx.save_for_backward(tokens)
        ctx.rows, ctx.taps, ctx.places = rows, taps, None
        return functional.embedding_bag(window.view(-1, taps), table.reshape(rows * taps, width), mode="sum")

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor]:
        (tokens,) = ctx.saved_tensors
        reach = ctx.taps // 2
        # Surgery passes here once an outcome; the places stay the same.
        if ctx.places is None:
            ctx.places = _places(tokens, ctx.rows, reach)
        places, starts = ctx.places
        # Rows of zeros at both ends of each case stand for the windows that would be centred beyond the end.
        flat = functional.pad(grads[0].reshape(*tokens.shape, -1), (0, 0, reach, reach)).flatten(0, 1)
        # The token at place n is tap k of the window centred at n − (k − r).
        taps = [functional.embedding_bag(places - (k - reach), flat, starts, mode="sum") for k in range(ctx.taps)]
        return None, torch.stack(taps, dim=1)


def _places(tokens: Tensor, rows: int, reach: int) -> tuple[Tensor, Tensor]:
    """Where each row's tokens stand among the places of all cases, `reach` more at both ends of each, row after row, and where
    each row begins; none for row 0."""
    batch, length = tokens.shape
    places = torch.arange(batch * (length + 2 * reach), device=tokens.device).view(batch, -1)[:, reach : reach + length]
    ordered = torch.sort(tokens.flatten(), stable=True)
    starts = torch.searchsorted(ordered.values, torch.arange(rows, dtype=tokens.dtype, device=tokens.device))
    padding = int((tokens == 0).sum())
    return places.reshape(-1)[ordered.indices[padding:]], (starts - padding).clamp(min=0)
