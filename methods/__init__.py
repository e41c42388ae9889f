"""What is compared: methods and their registry. Names load when they are first used, as torch and scikit-learn are slow."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from methods.base import Method, Run
    from methods.neural.orthtd import OrthTD
    from methods.registry import register

_HOMES = {"Method": "methods.base", "OrthTD": "methods.neural.orthtd", "Run": "methods.base", "register": "methods.registry"}
__all__ = ["Method", "OrthTD", "Run", "register"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'methods' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
