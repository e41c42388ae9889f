"""Notes: the last layer of a text model, tuned, then learned queries that gather each note field."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from methods.neural.encoders.text import MOST_FIELDS, TOKENS
from methods.neural.inputs.notes import NONE, PIECES, Block, FittedNotes, NoteInputs
from methods.text_models.model import load, mask_of, run_layer

# How much less a step moves pretrained weights than others: 3e-5 at the default rate, as BERT is tuned (Devlin et al., 2019).
RATE = 0.03
# Beside a present chunk's score it weighs exactly nothing.
ABSENT = -1e9


class NoteEncoder(nn.Module):
    """c_l = layer(states)_l with weights W₀ + RATE·Δ: W₀ pretrained, Δ trained from zero, so that weight decay draws towards W₀
    (L2-SP, Li et al., ICML 2018); token q = Σ_l softmax_l(a_q · c_l) c_l over the chunks of the field that query q reads, then a
    linear map to d. A field without a word gives a learned token instead. The layer's own dropout is off."""

    fields: Tensor

    def __init__(self, fitted: FittedNotes, d: int) -> None:
        super().__init__()
        model = load(fitted.text_encoder, fitted.device)
        # In a tuple, so that the pretrained layer is no part of this network's state; all that it holds is handed in at each call.
        self._layer: tuple[nn.Module] = (model.last,)
        self._names = [name for name, _ in model.last.named_parameters()]
        for number, weight in enumerate(model.last.parameters()):
            self.register_buffer(f"pretrained_{number}", weight.detach(), persistent=False)
        self.delta = nn.ParameterList(nn.Parameter(torch.zeros(weight.shape)) for weight in model.last.parameters())
        fields = min(len(fitted.fields), MOST_FIELDS)
        each = max(1, TOKENS // fields)
        # Beyond MOST_FIELDS several fields share a query.
        self.register_buffer("fields", torch.arange(fields).repeat_interleave(each))
        self.k = fields * each
        self.a = nn.Parameter(torch.empty(model.width, self.k).normal_(std=model.width**-0.5))
        self.out = nn.Linear(model.width, d)
        self.query = nn.Parameter(torch.empty(self.k, d).normal_(std=0.02))
        self.absent = nn.Parameter(torch.empty(self.k, d).normal_(std=0.02))

    def forward(self, inputs: NoteInputs) -> Tensor:
        """(batch, k, d)."""
        chunks = inputs.chunks.to(self.a.device)
        cases, fields, most = chunks.shape
        blocks, row = inputs.blocks()
        weights = {name: getattr(self, f"pretrained_{n}") + RATE * self.delta[n] for n, name in enumerate(self._names)}
        # Where a batch is large its activations are made again for the gradient instead of being kept.
        light = sum(block.present.numel() for block in blocks) <= PIECES or not torch.is_grad_enabled()
        parts = [
            self._gathered(weights, block) if light else checkpoint(self._gathered, weights, block, use_reentrant=False)
            for block in blocks
        ]
        nothing = (
            chunks.new_full((1, self.k), ABSENT, dtype=torch.float32),
            self.a.new_ones(1, self.k),
            self.a.new_zeros(1, self.k, len(self.a)),
        )
        top, mass, total = (torch.cat(each) for each in zip(*parts, nothing, strict=True))
        top, mass, total = (
            functional.embedding(row, part.flatten(1)).view(cases, fields * most, *part.shape[1:]) for part in (top, mass, total)
        )
        field = (torch.arange(fields, device=chunks.device) % MOST_FIELDS).repeat_interleave(most)
        read = (chunks.flatten(1) != NONE)[:, :, None] & (field[:, None] == self.fields)
        # One softmax over all chunks of a field, from each chunk's highest score, mass and sum.
        top = top.masked_fill(~read, ABSENT)
        weight = (top - top.amax(dim=1, keepdim=True)).exp()
        gathered = (weight[..., None] * total).sum(dim=1) / (weight * mass).sum(dim=1)[..., None]
        return torch.where(read.any(dim=1)[:, :, None], self.out(gathered) + self.query, self.absent)

    def _gathered(self, weights: dict[str, Tensor], block: Block) -> tuple[Tensor, Tensor, Tensor]:
        """Of each chunk and query: the highest score (n, k), Σ_l exp(score − highest) (n, k), Σ_l of that · c_l (n, k, width)."""
        c = run_layer(lambda *given: functional_call(self._layer[0], weights, given), block.states, mask_of(block.present))
        scores = (c @ self.a).float().masked_fill(~block.present[:, :, None], ABSENT)
        top = scores.detach().amax(dim=1)
        e = (scores - top[:, None]).exp()
        return top, e.sum(dim=1), e.transpose(1, 2) @ c
