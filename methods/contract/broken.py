"""What is said when a method breaks the contract."""

from __future__ import annotations


class ContractBrokenError(ValueError):
    """A method broke the contract; says what was found, what is allowed and what to do, never a value of a patient."""

    def __init__(self, what: str, found: str = "", allowed: str = "", do: str = "") -> None:
        parts = [what, f"Found: {found}." if found else "", f"Allowed: {allowed}." if allowed else "", do]
        super().__init__(" ".join(part for part in parts if part))


class NotApplicable(Exception):
    """A check has nothing to look at in this method or cohort; says why."""
