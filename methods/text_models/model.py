"""A BERT-like encoder in two parts: the layers below the last, which stay as they are, and the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from datasets import Refused
from methods.text_models.named import Named, located, transformers_of

# Word pieces that are read together, the special ones among them, where the model takes that many.
LENGTH = 512
# Pieces of LENGTH that a note may fill; a longer one loses its end, and it is said how many did.
MOST_CHUNKS = 4


@dataclass(frozen=True, eq=False)
class TextModel:
    """`lower`: ids (1, pieces) → states (1, pieces, width) below the last layer. `last`: states and mask → outputs. `length`: word
    pieces of a chunk, with the special ones `before` and `after` each. All weights float32, frozen, without dropout."""

    named: Named
    tokenizer: Any
    lower: nn.Module
    last: nn.Module
    width: int
    length: int
    before: tuple[int, ...]
    after: tuple[int, ...]

    def chunks(self, texts: Sequence[str]) -> tuple[list[list[list[int]]], list[int]]:
        """Each text as chunks of piece numbers, none for a text without a piece; and how many pieces of each were cut."""
        inside = self.length - len(self.before) - len(self.after)
        found, cut = [], []
        for pieces in self.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]:
            parts = [pieces[start : start + inside] for start in range(0, min(len(pieces), MOST_CHUNKS * inside), inside)]
            found.append([[*self.before, *part, *self.after] for part in parts])
            cut.append(max(0, len(pieces) - MOST_CHUNKS * inside))
        return found, cut

    @torch.inference_mode()
    def states(self, ids: Sequence[int]) -> Tensor:
        """(pieces, width) below the last layer. One chunk at a time and unpadded, so that nothing depends on another text."""
        device = next(self.lower.parameters()).device
        return self.lower(input_ids=torch.tensor([list(ids)], device=device)).last_hidden_state[0]

    @torch.inference_mode()
    def outputs(self, states: Tensor) -> Tensor:
        """(pieces, width): what the last layer, as it was pretrained, makes of one chunk's states."""
        return run_layer(self.last, states[None], mask_of(torch.ones(1, len(states), dtype=torch.bool, device=states.device)))[0]


def mask_of(present: Tensor) -> Tensor:
    """What a layer takes for padding: (batch, pieces) bool → (batch, 1, 1, pieces) of 0 and, where absent, the lowest float."""
    mask = torch.zeros(present.shape, device=present.device)
    return mask.masked_fill(~present, torch.finfo(torch.float32).min)[:, None, None]


def run_layer(layer: Callable[..., Any], states: Tensor, mask: Tensor) -> Tensor:
    """One encoder layer: states (batch, pieces, width), mask of `mask_of`."""
    # The fused kernel repeats itself to the bit on a CPU; on a GPU only the plain one does.
    with sdpa_kernel(SDPBackend.MATH if states.is_cuda else [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]):
        found = layer(states, mask)
    return found[0] if isinstance(found, tuple) else found


def load(text_encoder: str, device: str = "cpu") -> TextModel:
    """The text model of a name, from this machine alone, kept for the next call; refuses one that is not like BERT or lacks
    weights."""
    return _loaded(text_encoder, device)


def in_use() -> bool:
    """Whether this process has loaded a model."""
    return _loaded.cache_info().currsize > 0


def forget() -> None:
    """Lets the model that was loaded last go."""
    _loaded.cache_clear()


@lru_cache(maxsize=1)
def _loaded(text_encoder: str, device: str) -> TextModel:
    named = located(text_encoder)
    transformers = transformers_of(text_encoder)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    # Loading may draw random numbers, which must not move a fit's.
    with torch.random.fork_rng(devices=[]):
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(named.folder, local_files_only=True)
            model, info = transformers.AutoModel.from_pretrained(
                named.folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
            )
        except Exception as error:
            # A folder that is no model fails in many ways, each with an error of its own.
            raise Refused(f"text encoder '{text_encoder}': cannot be loaded ({type(error).__name__}: {error}).") from error
    if lacking := sorted(name for name in info["missing_keys"] if "pooler" not in name):
        raise Refused(f"text encoder '{text_encoder}': its file holds no weights for {lacking[0]} and {len(lacking) - 1} others.")
    return _parted(named, tokenizer, model.eval().requires_grad_(False), device)


def _parted(named: Named, tokenizer: Any, model: Any, device: str) -> TextModel:
    kind = type(model).__name__
    refused = f"text encoder '{named}': {kind} is not like BERT"
    layers = [
        m for m in model.modules() if isinstance(m, nn.ModuleList) and len(m) == getattr(model.config, "num_hidden_layers", 0)
    ]
    if len(layers) != 1:
        raise Refused(f"{refused}: it has {len(layers)} lists of all its layers, not one. {_ALLOWED}")
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    before, after = _special(tokenizer)
    probe = [*before, *tokenizer("no fever today", add_special_tokens=False)["input_ids"], *after]
    last = layers[0][-1]
    found = TextModel(
        named, tokenizer, model.to(device), last.to(device), model.config.hidden_size, _length(tokenizer, model), before, after
    )
    try:
        whole = found.states(probe)
        del layers[0][-1]
        alone = _padded(last, found.states(probe))
        longest = found.states([probe[0]] * found.length)
    except Exception as error:
        raise Refused(f"{refused}: its layers do not run by themselves ({type(error).__name__}: {error}). {_ALLOWED}") from error
    if len(longest) != found.length or whole.shape != alone.shape or not torch.allclose(whole, alone, rtol=1e-4, atol=1e-4):
        raise Refused(f"{refused}: its last layer, run by itself, gives something else than the model. {_ALLOWED}")
    return found


_ALLOWED = "Allowed are models such as BERT, RoBERTa, DistilBERT and ELECTRA, whose last layer maps states and mask to the output."


@torch.inference_mode()
def _padded(last: nn.Module, states: Tensor) -> Tensor:
    """The last layer on states with padding behind them, as networks run it."""
    wide = nn.functional.pad(states[None], (0, 0, 0, 3))
    present = torch.arange(wide.shape[1], device=states.device)[None] < len(states)
    return run_layer(last, wide, mask_of(present))[0, : len(states)]


def _special(tokenizer: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The special pieces that a tokenizer sets before and after a text."""
    bare, whole = tokenizer("a", add_special_tokens=False)["input_ids"], tokenizer("a")["input_ids"]
    start = next(i for i in range(len(whole)) if whole[i : i + len(bare)] == bare)
    return tuple(whole[:start]), tuple(whole[start + len(bare) :])


def _length(tokenizer: Any, model: Any) -> int:
    positions = next((m for name, m in model.named_modules() if name.endswith("position_embeddings")), None)
    most = getattr(model.config, "max_position_embeddings", LENGTH)
    # RoBERTa counts positions from behind its padding's number.
    offset = getattr(positions, "padding_idx", None)
    return int(min(LENGTH, tokenizer.model_max_length, most - (0 if offset is None else offset + 1)))
