"""Processes that are killed lose no record, and processes that want the same run train it once."""

import pytest

from mixrepro.reliability import kills
from reached import reached

pytestmark = pytest.mark.usefixtures("own_server")


def test_killed_sweeps_lose_nothing_and_repeat_nothing():
    reached(kills.killed_sweeps(8))


def test_processes_share_a_store():
    reached(kills.shared_store(4, 10, 2))


def test_finished_sweep_is_read_and_nothing_else():
    reached(kills.finished_again(20))


def test_over_training_with_kills_leaves_curve_memory_and_files_as_they_are():
    reached(kills.soak(300, 5))
