"""Adam by outcome: one number each, which moves only in steps that say something of its outcome."""

from __future__ import annotations

import torch
from torch import Tensor, nn

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


class Adam(nn.Module):
    """Numbers moved by Adam (Kingma and Ba, ICLR 2015, algorithm 1), each with moments and a count of steps of its own.

    `value` (outcomes,) starts at `start`. `decay` is added to the gradient, as torch.optim.Adam's weight_decay; what that
    cannot do is to leave single entries alone, moments and all.
    """

    value: Tensor
    m: Tensor
    v: Tensor
    steps: Tensor

    def __init__(self, outcomes: int, start: float, rate: float, decay: float = 0.0) -> None:
        super().__init__()
        self.rate, self.decay = rate, decay
        self.register_buffer("value", torch.full((outcomes,), start))
        for name in ("m", "v", "steps"):
            self.register_buffer(name, torch.zeros(outcomes))

    def step(self, gradient: Tensor, present: Tensor) -> None:
        """`gradient` (present outcomes,) moves the numbers of the outcomes `present`."""
        g = gradient + self.decay * self.value[present]
        self.steps[present] += 1
        self.m[present] = BETA_1 * self.m[present] + (1 - BETA_1) * g
        self.v[present] = BETA_2 * self.v[present] + (1 - BETA_2) * g**2
        m_hat = self.m[present] / (1 - BETA_1 ** self.steps[present])
        v_hat = self.v[present] / (1 - BETA_2 ** self.steps[present])
        self.value[present] -= self.rate * m_hat / (v_hat.sqrt() + EPSILON)
