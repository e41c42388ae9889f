"""Text models of a few thousand random weights, saved as users save theirs."""

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

WORDS = ("no", "cough", "fever", "dyspnoea", "oliguria", "elective", "surgery", "at", "home", "seen", "by", "today", "a", "the")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
SIZES = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
DISTIL = {"vocab_size": 64, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}
# Model classes by name, with their sizes.
LIKE_BERT: dict[str, dict[str, Any]] = {
    "Bert": SIZES,
    "Roberta": SIZES,
    "DistilBert": DISTIL,
    "Electra": SIZES | {"embedding_size": 16},
}
UNLIKE: dict[str, dict[str, Any]] = {
    "Albert": SIZES | {"embedding_size": 16},
    "MPNet": SIZES,
    "ModernBert": SIZES | {"pad_token_id": 0},
    "GPT2": {"vocab_size": 64, "n_embd": 32, "n_layer": 2, "n_head": 4},
    "T5": {"vocab_size": 64, "d_model": 32, "d_kv": 8, "num_layers": 2, "num_heads": 4, "d_ff": 48},
}


def tokenizer(longest: int) -> transformers.PreTrainedTokenizerFast:
    """Lower-case words and letters, [CLS] before and [SEP] after."""
    pieces = [*SPECIAL, *WORDS, *(letter for letter in "bcdefghijklmnopqrstuvwxyz" if letter not in WORDS)]
    made = Tokenizer(models.WordPiece({piece: n for n, piece in enumerate(pieces)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", model_max_length=longest
    )


def save(folder: Path, kind: str = "Bert", seed: int = 0, longest: int = 40) -> Path:
    """A folder with a random model of this kind and a tokenizer that takes `longest` pieces."""
    sizes = (LIKE_BERT | UNLIKE)[kind]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = getattr(transformers, f"{kind}Model")(getattr(transformers, f"{kind}Config")(**sizes))
        for weight in model.parameters():
            # The usual start is so small that every layer passes its input through.
            torch.nn.init.normal_(weight, std=0.3) if weight.ndim > 1 else None
    model.save_pretrained(folder)
    tokenizer(longest).save_pretrained(folder)
    return folder
