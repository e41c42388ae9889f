"""Nash-MTL: the update that the outcomes would agree on by bargaining."""

from __future__ import annotations

import torch
from torch import Tensor

from datasets import Refused
from methods.neural.balancing.base import balancing
from methods.neural.balancing.fairgrad import fair
from methods.neural.balancing.surgery import Surgery


@balancing("nash_mtl", effort=3.0)
class NashMTL(Surgery):
    """Multi-task learning as a bargaining game (Navon et al., ICML 2022): Nash's solution, G α = 1/α.

    d = Σ_i α_i g_i maximises Σ_i log(g_i · d) over a ball (there claim 3.1). The paper nears α by a sequence of convex problems;
    it is the minimum of the one convex ½ αᵀGα − Σ_i log α_i, found exactly. As in the authors' code an update longer than
    `max_norm` is shortened to it (0: never), and α is found anew every `update_weights_every` steps.
    """

    def __init__(self, outcomes: int, update_weights_every: int = 1, max_norm: float = 1.0) -> None:
        super().__init__(outcomes)
        if not isinstance(update_weights_every, int) or update_weights_every < 1 or not max_norm >= 0:
            raise Refused(
                f"update_weights_every = {update_weights_every!r}, max_norm = {max_norm!r}: a whole number "
                "from 1 upwards, and 0 or above, are needed."
            )
        self.update_weights_every, self.max_norm = update_weights_every, max_norm
        self.steps = 0
        self.register_buffer("last", torch.full((outcomes,), torch.nan, dtype=torch.float64))
        self.last: Tensor

    def combined(self, gram: Tensor, present: Tensor) -> Tensor:
        due = self.steps % self.update_weights_every == 0
        self.steps += 1
        # An outcome that was in no batch yet has no weight to go on with.
        if due or self.last[present].isnan().any():
            self.last[present] = fair(gram, alpha=1.0).to(self.last)
        α = self.last[present]
        norm = (α @ gram.double() @ α).clamp(min=0.0).sqrt()
        return α * (self.max_norm / norm) if 0 < self.max_norm < norm else α
