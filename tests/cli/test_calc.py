"""`kvota calc`: the published vectors, as a person gives them."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import kvota

VECTORS = Path(__file__).parents[1] / "vectors"
COMMANDS = [
    ("attainment", "attainment"),
    ("service-level", "service_level"),
    ("erlang", "erlang"),
    ("distribute", "distribute"),
]


@pytest.mark.parametrize(("command", "file"), COMMANDS)
def test_an_array_of_inputs_gives_an_array_of_answers(command: str, file: str, tmp_path: Path) -> None:
    rows = json.loads((VECTORS / f"{file}.json").read_text("utf-8"))
    inputs = tmp_path / "inputs.json"
    inputs.write_text(json.dumps([row["input"] for row in rows]))
    ran = kvota("calc", command, inputs, "--json", home=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    for row, answer in zip(rows, ran.json, strict=True):
        assert {name: answer[name] for name in row["expected"]} == row["expected"]


@pytest.mark.parametrize(
    ("text", "said"), [("{", "truncated"), ("[1]", "an object of inputs"), ('{"quota": 0.5, "periods": 3}', "quota")]
)
def test_what_is_no_input_is_one_clear_line(text: str, said: str, tmp_path: Path) -> None:
    inputs = tmp_path / "inputs.json"
    inputs.write_text(text)
    ran = kvota("calc", "attainment", inputs, home=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err
