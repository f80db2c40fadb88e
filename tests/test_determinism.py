"""The same numbers in every process, and whatever is measured on the way."""

from mixrepro.reliability import determinism
from reached import reached


def test_fresh_processes_train_the_same_bytes():
    reached(determinism.fresh_processes(2))


def test_measuring_and_keeping_change_no_number():
    reached(determinism.observation())
