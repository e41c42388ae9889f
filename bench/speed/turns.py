"""Turns: loops that run on one machine by turns, step for step, so that whatever slows it slows all of them alike."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

# Steps that are not counted: memory is allocated and caches are filled in them.
WARM_UP = 5

Loop = Callable[[Callable[[], None]], None]


class _EnoughError(Exception):
    """Ends a loop from inside."""


def in_turns(loops: Sequence[Loop], steps: int, warm_up: int = WARM_UP) -> np.ndarray:
    """Seconds of the processor for each loop's steps: (loops, steps).

    A loop calls what it is given at the start of every step, and would make at least `warm_up + steps + 1` of them: a step lasts
    from one such call to the next. Only one loop runs at any time. What a loop raises is raised here.
    """
    turn = [threading.Semaphore(0) for _ in loops]
    seconds: list[list[float]] = [[] for _ in loops]
    raised: list[Exception] = []

    def run(place: int) -> None:
        began: float | None = None
        following = turn[(place + 1) % len(loops)]

        def between() -> None:
            nonlocal began
            if began is not None:
                seconds[place].append(time.process_time() - began)
                if raised or len(seconds[place]) == warm_up + steps:
                    raise _EnoughError
                following.release()
                turn[place].acquire()
            began = time.process_time()

        turn[place].acquire()
        try:
            loops[place](between)
            raise RuntimeError(f"a loop ended after {len(seconds[place])} steps; {warm_up + steps + 1} were asked for.")
        except _EnoughError:
            pass
        except Exception as error:
            raised.append(error)
        finally:
            following.release()

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(loops))]
    for thread in threads:
        thread.start()
    turn[0].release()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
    return np.array(seconds)[:, warm_up:]


def timed(work: Callable[[], object]) -> float:
    """Seconds of the processor that a call took; what else the machine does meanwhile does not count."""
    began = time.process_time()
    work()
    return time.process_time() - began


def ratio(seconds: np.ndarray) -> float:
    """Median over pairs of the first loop's seconds over the second's; `seconds` (2, pairs)."""
    return float(np.median(seconds[0] / seconds[1]))
