"""Seeds: every random choice has its own, whatever runs before or beside it."""

import hashlib
import json


def seed(study_seed: int, dataset: str, method: str, fold: int, purpose: str, number: int = 0) -> int:
    """A seed in [0, 2³¹) from SHA-256 of what it is for: study seed, labels of cohort and method, fold, purpose, number."""
    name = json.dumps([study_seed, dataset, method, fold, purpose, number])
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little") >> 1
