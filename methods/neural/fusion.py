"""Fusion: a Transformer over the modality tokens and one learnable global token."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from methods.neural.dropout import Dropout

HEADS = 4


class Block(nn.Module):
    """Pre-norm Transformer block (Vaswani et al., 2017; Xiong et al., ICML 2020) with hidden width 2d."""

    def __init__(self, d: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.q = nn.Linear(d, d)
        self.kv = nn.Linear(d, 2 * d)
        self.out = nn.Linear(d, d)
        self.feed = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 2 * d), nn.GELU(), Dropout(dropout), nn.Linear(2 * d, d))
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, queries: int) -> Tensor:
        """(batch, tokens, d) → (batch, queries, d): the first `queries` tokens, each having attended to all."""
        y = self.norm(x)
        q = self.q(y[:, :queries]).unflatten(-1, (HEADS, -1)).transpose(1, 2)
        k, v = self.kv(y).unflatten(-1, (2, HEADS, -1)).permute(2, 0, 3, 1, 4)
        # The fused kernel repeats itself to the bit on a CPU; on a GPU only the plain one does.
        with sdpa_kernel(SDPBackend.MATH if x.is_cuda else [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]):
            attended = functional.scaled_dot_product_attention(q, k, v)
        x = x[:, :queries] + self.dropout(self.out(attended.transpose(1, 2).flatten(2)))
        return x + self.dropout(self.feed(x))


class Fusion(nn.Module):
    """h: the output at the global token."""

    def __init__(self, d: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.empty(d).normal_(std=0.02))
        self.blocks = nn.ModuleList(Block(d, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(d)

    def forward(self, tokens: Tensor) -> Tensor:
        """(batch, tokens, d) → (batch, d)."""
        x = torch.cat([self.token.expand(len(tokens), 1, -1), tokens], dim=1)
        for number, block in enumerate(self.blocks, start=1):
            # Of the last block only the global token is read.
            x = block(x, queries=1 if number == len(self.blocks) else x.shape[1])
        return self.norm(x[:, 0])
