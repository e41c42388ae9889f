"""What two bare loops bring: more than one, and no more than two."""

from bench.speed.ceiling import ceiling


def test_two_processes_make_more_steps_than_one_and_hardly_more_than_twice_as_many() -> None:
    # However busy the machine: all processes of one measurement run for as long.
    assert 0.2 < ceiling(1.0) < 5
