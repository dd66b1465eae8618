"""The pre-commit hook with the real pre-commit, the steps of the GitHub Action and of the GitLab template as scripts.

No network: the hook's own environment is not built, the installed package is called instead.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
BAD = "navn;epost\nA;navn1@example.no\nB;navn2@example.no\n"
CONTRACT = """\
contract: kunder
owner: Salg
expires: 2099-01-01
files: ["**/god*.csv"]
allow: [email]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a contract, an export that keeps it and one that no contract is for."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "kunder.yaml").write_text(CONTRACT, "utf-8")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "god.csv").write_text(BAD, "utf-8")
    return tmp_path


def run(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    shims = folder.parent / f"{folder.name}-bin"
    shims.mkdir(exist_ok=True)
    shim = shims / "pii-scan"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pii_scan "$@"\n', "utf-8")
    shim.chmod(0o755)
    environment = {**os.environ, "PATH": f"{shims}{os.pathsep}{os.environ['PATH']}", **more}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.no", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_hook_is_as_pre_commit_wants_it() -> None:
    said = run(CHECKOUT, sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml")
    assert said.returncode == 0, said.stdout


def test_the_hook_stops_a_commit_that_no_contract_allows(project: Path) -> None:
    [hook] = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    hook |= {"language": "system", "files": "^exports/"}
    config = {"repos": [{"repo": "local", "hooks": [hook]}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    git(project, "init", "-q")
    git(project, "add", ".")
    call = (sys.executable, "-m", "pre_commit", "run", "--color", "never")
    home = {"PRE_COMMIT_HOME": str(project.parent / f"{project.name}-home")}
    said = run(project, *call, **home)
    assert (said.returncode, "Passed" in said.stdout) == (0, True), said.stdout + said.stderr
    (project / "exports" / "dårlig.csv").write_text(BAD, "utf-8")
    git(project, "add", ".")
    said = run(project, *call, **home)
    assert said.returncode == 1
    assert "not-allowed" in said.stdout
    assert "navn1@" not in said.stdout


def guard_step() -> tuple[str, dict[str, Any]]:
    """(script of the action's guard, its inputs)."""
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text("utf-8"))
    [step] = [one for one in action["runs"]["steps"] if one["name"] == "Guard"]
    names = {value.split("inputs.")[1].split(" ")[0]: variable for variable, value in step["env"].items()}
    assert set(names) == set(action["inputs"])
    assert "${{" not in step["run"]
    defaults = {variable: action["inputs"][name].get("default", "") for name, variable in names.items()}
    return step["run"], defaults


def test_the_action_gives_annotations_sarif_and_the_exit_code_of_the_guard(project: Path) -> None:
    script, variables = guard_step()
    call = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
    said = run(project, *call, **{**variables, "GUARD_PATHS": "exports/\n", "GUARD_SARIF": "g.sarif"})
    assert said.returncode == 0, said.stderr
    assert json.loads((project / "g.sarif").read_text("utf-8"))["runs"][0]["results"] == []
    name = "a $(touch tatt) ; touch tatt.csv"
    (project / "exports" / name).write_text(BAD, "utf-8")
    paths = f"exports/god.csv\nexports/{name}\n"
    said = run(project, *call, **{**variables, "GUARD_PATHS": paths, "GUARD_SARIF": "g.sarif"})
    assert said.returncode == 1
    assert said.stdout.startswith("::error file=exports/a $(touch tatt) ; touch tatt.csv,line=2,")
    assert len(json.loads((project / "g.sarif").read_text("utf-8"))["runs"][0]["results"]) == 1
    assert not list(project.glob("tatt*"))
    said = run(project, *call, **{**variables, "GUARD_PATHS": "nei.csv", "GUARD_SARIF": "x.sarif"})
    assert (said.returncode, (project / "x.sarif").exists()) == (2, False)


def test_the_gitlab_template_writes_its_report_and_fails_as_the_guard_does(project: Path) -> None:
    head, body = yaml.safe_load_all((CHECKOUT / "templates" / "gitlab-guard.yml").read_text("utf-8"))
    job = body["pii-scan-guard"]
    inputs = {name: given["default"] for name, given in head["spec"]["inputs"].items()}
    variables = {
        name: inputs[value.removeprefix("$[[ inputs.").removesuffix(" ]]")] for name, value in job["variables"].items()
    }
    script = "set -e\n" + "\n".join(job["script"])
    report = project / job["artifacts"]["reports"]["codequality"]
    assert run(project, "bash", "-c", script, **variables).returncode == 0
    assert json.loads(report.read_text("utf-8")) == []
    (project / "exports" / "annet.csv").write_text(BAD, "utf-8")
    said = run(project, "bash", "-c", script, **variables)
    assert (said.returncode, "not-allowed" in said.stdout) == (1, True)
    assert [one["check_name"] for one in json.loads(report.read_text("utf-8"))] == ["not-allowed.EMAIL_ADDRESS"]
    assert run(project, "bash", "-c", script, **{**variables, "GUARD_CONTRACT": "nei"}).returncode == 2
