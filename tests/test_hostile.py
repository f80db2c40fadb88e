"""Files and names from others run nothing, reach nothing outside, and are refused with a reason."""

import pytest

from mixrepro.reliability import damage, gate, hostile
from reached import reached

pytestmark = pytest.mark.usefixtures("own_server")


def test_hostile_checkpoints_are_refused():
    reached(hostile.checkpoints())


def test_hostile_names_are_refused():
    reached(hostile.names())


def test_damaged_data_files_are_named_and_not_rebuilt():
    reached(damage.data_files(64))


def test_damaged_records_are_named():
    reached(damage.damaged_records(60))


def test_no_call_can_run_what_a_file_contains():
    reached(gate.gate())


@pytest.mark.parametrize(
    "source",
    [
        "import pickle\npickle.loads(b'')",
        "torch.load(f)",
        "numpy.load(f, allow_pickle=True)",
        "yaml.load(f)",
        "eval('1')",
        "exec('1')",
        "subprocess.run('ls', shell=True)",
    ],
)
def test_gate_finds_such_calls(source):
    assert list(gate.forbidden_calls(source))


def test_gate_lets_safe_calls_pass():
    assert not list(
        gate.forbidden_calls("numpy.load(f, allow_pickle=False)\nsubprocess.run(['ls'])\nmodel.eval()")
    )
