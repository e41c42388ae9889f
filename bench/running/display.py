"""Display: what a run is doing now. Live on a terminal, one line an event elsewhere."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bench.protocol.plan import Cell
from bench.running.sign import Running, Sign, sign


@dataclass
class Display:
    """Cells done, running and failed, and the time left as the finished ones tell it. Safe to call from threads."""

    total: int
    effort: float
    console: Console = field(default_factory=Console)
    done: int = 0
    failed: int = 0
    _running: dict[str, tuple[float, str, float]] = field(default_factory=dict)
    _finished_effort: float = 0.0
    _spent: float = 0.0
    # Running at once so far: of the slots of a cluster, many may wait.
    _most: int = 0
    _began: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _live: Live | None = None

    def __enter__(self) -> Display:
        if self.console.is_terminal:
            self._live = Live(get_renderable=self._drawn, console=self.console, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def step(self, cell: Cell, what: str) -> None:
        """A cell begins with its first step: until then it may wait in a queue."""
        with self._lock:
            began, _, effort = self._running.get(name(cell), (time.monotonic(), "", cell.effort))
            self._running[name(cell)] = (began, what, effort)
            self._most = max(self._most, len(self._running))

    def ended(self, cell: Cell, status: str, reason: str) -> None:
        with self._lock:
            began, _, effort = self._running.pop(name(cell), (time.monotonic(), "", cell.effort))
            seconds = time.monotonic() - began
            self._finished_effort += effort
            self._spent += seconds
            self.done += status == "done"
            self.failed += status == "failed"
            count = f"{self.done + self.failed}/{self.total}"
        if status == "stopped":
            return
        style = "red" if status == "failed" else "green"
        line = Text(f"[{count}] {name(cell)} ").append(status, style).append(f" in {span(seconds)}")
        if reason:
            line.append(f": {reason}")
        self.console.print(line)

    def sign(self, ended: bool = False) -> Sign:
        """What to tell whoever looks at the study from elsewhere."""
        with self._lock:
            now = time.monotonic()
            running = [Running(label, what, now - began) for label, (began, what, _) in self._running.items()]
            return sign(now - self._began, self._left(), running, ended)

    def _left(self) -> float | None:
        """Seconds, as the finished cells tell them; None before the first."""
        if self._finished_effort == 0:
            return None
        rate = self._spent / self._finished_effort
        now = time.monotonic()
        begun = sum(min(now - began, 0.95 * effort * rate) for began, _, effort in self._running.values())
        return max(0.0, (self.effort - self._finished_effort) * rate - begun) / max(1, self._most)

    def _drawn(self) -> RenderableType:
        with self._lock:
            head = Table.grid(padding=(0, 2))
            counts = f"{self.done} of {self.total} cells done, {len(self._running)} running, {self.failed} failed"
            head.add_row(
                ProgressBar(total=max(1, self.total), completed=self.done + self.failed, width=30),
                Text(counts),
                Text(f"{span(time.monotonic() - self._began)} gone, {told(self._left())}", "dim"),
            )
            rows = Table.grid(padding=(0, 2))
            for label, (began, what, _) in self._running.items():
                rows.add_row(Text(f"  {label}"), Text(what, "cyan"), Text(span(time.monotonic() - began), "dim"))
            return Group(head, rows)


def name(cell: Cell) -> str:
    """How a cell is called where people read it."""
    return f"{cell.settings['dataset']}/{cell.settings['method']}/fold-{cell.settings['fold']}"


def told(left: float | None) -> str:
    """The time left in words."""
    return "time left not known yet" if left is None else f"about {span(left)} left"


def span(seconds: float) -> str:
    """Seconds in the units that a reader would use."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60:02d} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60:02d} min"
