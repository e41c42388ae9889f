"""Settings given on the command line as key=value."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from datasets.errors import Refused


def settings_of(given: Sequence[str], example: str) -> dict[str, Any]:
    """`key=value` as a study's TOML would read the value; what TOML does not know is a word. Refuses anything else."""
    settings: dict[str, Any] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise Refused(f"--set: found '{pair}'; allowed is key=value, such as {example}.")
        try:
            settings[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            settings[key.strip()] = value.strip()
    return settings
