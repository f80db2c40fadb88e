"""Chunks of seeds on every core. New processes import this file, so it imports little."""

import os
import subprocess
import sys

import numpy as np

from mixrepro.teacher_student.chunks import CHUNK, ONE_THREAD, over_chunks


def threads_seen(chunk):
    return [os.environ.get(name) for name in ONE_THREAD], chunk


def test_chunks_come_back_in_order_from_single_threaded_processes():
    before = dict(os.environ)
    outcomes = over_chunks(threads_seen, np.arange(61), "a test")
    np.testing.assert_array_equal(np.concatenate([chunk for _, chunk in outcomes]), np.arange(61))
    if (os.cpu_count() or 1) > 1:
        assert all(seen == ["1"] * 3 for seen, _ in outcomes)
    assert dict(os.environ) == before


def test_chunks_are_done_in_place_by_a_script_that_cannot_be_started_again():
    code = (
        "import numpy as np\n"
        "from mixrepro.teacher_student.chunks import over_chunks\n"
        "print(np.concatenate(over_chunks(np.negative, np.arange(61), 'x')).sum())\n"
    )
    environment = {**os.environ, "MIXREPRO_PROGRESS": os.devnull}
    done = subprocess.run(
        [sys.executable], input=code, capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout.strip() == "-1830"


def test_a_single_chunk_is_done_in_place():
    outcomes = over_chunks(lambda chunk: os.getpid(), np.arange(CHUNK), "a test")
    assert outcomes == [os.getpid()]
