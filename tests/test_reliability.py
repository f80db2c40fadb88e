"""The table of what can be relied on: its rows, its command and its page."""

import json
from pathlib import Path

import pytest

from mixrepro.book.reliability_table import read_figures
from mixrepro.commands import reliability as command
from mixrepro.errors import ConfigError, StoreError
from mixrepro.reliability import configs, table
from mixrepro.reliability.figure import Figure

GOOD = Figure("R1", "kills", "0 lost", "0 lost", True, 1.0)


def test_malformed_configs_are_refused_by_name():
    figure = configs.malformed()
    assert figure.passed, figure.found
    assert len(configs.MALFORMED) >= 40


def test_generated_configs_are_right_or_refused_by_name():
    figure = configs.generated(2000)
    assert figure.passed, figure.found
    accepted = int(figure.found.split("(")[1].split()[0])
    assert 100 < accepted < 1900


def test_a_rule_that_is_lost_is_noticed(monkeypatch):
    class Lenient(configs.RunConfig):
        def __init__(self, **fields):
            if isinstance(fields.get("alpha"), float) and fields["alpha"] < 0:
                fields = {}
            super().__init__(**fields)

    monkeypatch.setattr(configs, "RunConfig", Lenient)
    assert configs.malformed().passed is False
    assert configs.generated(500).passed is False


def test_a_measurement_that_raises_is_a_row_that_is_missed(monkeypatch):
    def fails(cases):
        """Try something."""
        raise ConfigError("n: found 1, expected 2")

    monkeypatch.setattr(table, "MEASUREMENTS", ((fails, {"cases": 1}, {"cases": 2}),))
    (figure,) = table.measure()
    assert (figure.passed, figure.what) == (False, "Try something.")
    assert figure.found == "ConfigError: n: found 1, expected 2"


def test_full_takes_the_published_sizes(monkeypatch):
    sizes = []
    monkeypatch.setattr(table, "MEASUREMENTS", ((lambda cases: sizes.append(cases), {"cases": 1}, {"cases": 2}),))
    list(table.measure())
    list(table.measure(full=True))
    assert sizes == [1, 2]


def test_report_says_where_and_when_and_is_read_back(tmp_path):
    file = tmp_path / "reliability.json"
    file.write_text(json.dumps(table.report([GOOD], 60.0, full=True, load=0.4)))
    measured = read_figures(file)
    assert measured["figures"][0]["id"] == "R1"
    assert {"torch", "python"} <= measured["versions"].keys()
    assert measured["full"] is True


def test_published_figures_are_those_of_a_full_measurement():
    published = read_figures(Path(__file__).parents[1] / "benchmarks/results/reliability.json")
    assert published["full"] is True
    ids = {figure["id"] for figure in published["figures"]}
    numbers = (1, 2, 4, 5, 6, 9, 10, 11, 14, 16, 18, 19, 20, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33, 38)
    assert ids >= {*(f"R{number}" for number in numbers), "cluster", "records"}
    assert len(ids) == len(published["figures"])


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"figures": [{"id": "R1"}]}', '{"figures": [{"passed": "yes"}]}']
)
def test_a_file_that_is_no_report_is_named(tmp_path, text):
    file = tmp_path / "reliability.json"
    file.write_text(text)
    with pytest.raises(StoreError, match=r"reliability\.json.*: found .*, expected"):
        read_figures(file)


@pytest.mark.parametrize(
    ("passed", "code", "word"), [(True, 0, "reached"), (False, 1, "MISSED"), (None, 0, "not tried")]
)
def test_command_prints_every_row_and_fails_if_one_is_missed(monkeypatch, tmp_path, capsys, passed, code, word):
    figure = Figure("R9", "what", "target", "found", passed, 2.0)
    monkeypatch.setattr(table, "measure", lambda full: iter([GOOD, figure]))
    import typer

    with pytest.raises(typer.Exit) as stop:
        command.reliability(out=tmp_path / "out.json")
    assert stop.value.exit_code == code
    said = capsys.readouterr().out
    assert f"R9       {word}" in said
    assert "target: target" in said
    assert "found:  found (2 s)" in said
    assert [row["id"] for row in json.loads((tmp_path / "out.json").read_text())["figures"]] == ["R1", "R9"]
