from __future__ import annotations

import json
import subprocess
import sys

from made_fonts import save


def test_list(run):
    code, out, _ = run("charset", "list")
    assert code == 0
    assert "gb2312-1" in out
    known = {row["name"]: row["size"] for row in json.loads(run("charset", "list", "--json")[1])}
    assert (known["gb2312-1"], known["common-N"]) == (3755, None)


def test_show_prints_one_line(run):
    assert run("charset", "show", "digits+text:永") == (0, "0123456789永\n", "")
    assert run("charset", "show", "text:a永", "--codepoints")[1] == "U+0061\ta\nU+6C38\t永\n"
    assert json.loads(run("charset", "show", "digits", "--json")[1])["size"] == 10


def test_errors_are_one_line_and_a_status(run):
    code, out, err = run("charset", "show", "gb2312-2")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "did you mean gb2312-1?" in err


def test_coverage_counts_ink(run, tmp_path):
    box = ((100, 0, 500, 500),)
    font = save(tmp_path / "a.ttf", {"1": box, "2": (), "3": box})
    code, out, _ = run("charset", "coverage", "digits", font)
    assert code == 0
    assert "0456789" in out
    row = json.loads(run("charset", "coverage", "digits", font, "--json")[1])[0]
    assert (row["drawn"], row["lacks"]["blank"]) == (2, "2")


def test_a_pipe_that_closes_early_and_cuts_a_character():
    fontgan = f"{sys.executable} -c 'from fontgan.cli.app import main; main()'"
    line = f"{fontgan} charset show gb2312 | head -c 301 | {fontgan} charset show -"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert len(done.stdout.strip()) == 100
    assert done.stderr == ""
