"""`rules`, `doctor`, and the progress line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scanning import RULE

from pii_scan.cli.options import veiled
from pii_scan.cli.progress import ProgressLine
from pii_scan.detect.rules import load_rules
from pii_scan.engines.group import Progress
from pii_scan.model import DocumentRef, WorkUnit


def test_every_rule_is_listed(call: Any) -> None:
    said = call("rules", "list")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()] == [*(rule.id for rule in load_rules()), "names.person"]


@pytest.mark.parametrize("name", ["no.fodselsnummer", "NO_FODSELSNUMMER"])
def test_a_rule_is_shown_by_its_id_or_its_entity_type(call: Any, name: str) -> None:
    said = call("rules", "show", name)
    assert said.code == 0 and said.out.startswith("no.fodselsnummer: ") and "finds nothing in" in said.out


def test_the_built_in_rules_hold_what_they_promise(call: Any) -> None:
    said = call("rules", "check")
    assert said.code == 0 and said.out.endswith(" 0 failures\n")


def test_a_rule_that_does_not_hold_what_it_promises_is_a_gate(call: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(RULE.replace("{text: YY1234,", "{text: ZZ9999,"), encoding="utf-8")
    said = call("rules", "check", tmp_path)
    assert said.code == 1 and "my.rule" in said.out and said.out.endswith(" 1 failures\n")


def test_rules_check_fails_on_a_form_that_cannot_be_compiled_and_says_what_it_costs(call: Any, tmp_path: Path) -> None:
    examples = "".join(f"  - text: 'kode AB100{n}z'\n    match: 'AB100{n}z'\n" for n in range(5))
    others = "".join(f"  - text: 'kode {n}'\n    why: 'no letters'\n" for n in range(5))
    (tmp_path / "slow.yaml").write_text(
        "id: acme.slow\nname: Staff code\nentity_type: STAFF_CODE\ncategory: customer_id\npatterns:\n  - name: code\n"
        f"    regex: '(x)?[A-Z]{{2}}[0-9]{{4}}(?(1)y|z)'\n    score: 0.6\n"
        f"examples:\n{examples}counter_examples:\n{others}",
        encoding="utf-8",
    )
    said = call("rules", "check", tmp_path)
    assert said.code == 1 and "acme.slow: written form 'code' cannot be compiled" in said.out and "ms a MB" in said.out


def test_doctor_says_what_is_there_and_ends_with_1_when_something_is_missing(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = call("doctor")
    assert said.code == 0 and "ok       pyarrow" in said.out and "missing" not in said.out
    from pii_scan.cli import doctor

    monkeypatch.setattr(doctor, "PARTS", (*doctor.PARTS, ("no_such_module", "no-such-package", "nothing")))
    said = call("doctor")
    assert said.code == 1 and "missing: no-such-package" in said.out


def test_doctor_says_which_kernel_runs(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pii_scan import kernel

    monkeypatch.setenv(kernel.VARIABLE, "numpy")
    assert "matching kernel: numpy" in call("doctor").out
    monkeypatch.setenv(kernel.VARIABLE, "pandas")
    said = call("doctor")
    assert said.code == 2 and "PII_SCAN_KERNEL: no kernel is called 'pandas'" in said.err
    monkeypatch.delenv(kernel.VARIABLE)
    monkeypatch.setattr("pii_scan.cli.doctor.native", lambda: object())
    assert "matching kernel: native" in call("doctor").out
    monkeypatch.setattr("pii_scan.cli.doctor.native", lambda: None)
    monkeypatch.setattr("pii_scan.cli.doctor.compiled_kernel", lambda: None)
    said = call("doctor")
    assert said.code == 0 and "was not built" in said.out and "a C compiler" in said.out


def test_doctor_says_which_databases_can_be_read_and_how_to_get_the_rest(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = call("doctor").out
    assert "adbc-driver-postgresql" in said and "postgresql:// databases" in said and "sqlite:// databases" in said
    from pii_scan.cli import doctor

    monkeypatch.setattr(doctor, "missing_drivers", lambda kind: ["a_driver"] if kind == "mysql" else [])
    monkeypatch.setattr(doctor, "DRIVERS", {"mysql": ("a_driver",), "sqlite": ()})
    said = call("doctor")
    assert said.code == 0, "databases are an extra"
    assert "a-driver: not installed" in said.out and "pip install 'pii-scan[mysql]'" in said.out


def test_doctor_says_what_holds_the_workers_and_why_where_something_does_not(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pii_scan.cli import doctor
    from pii_scan.extract.sandbox import Cage

    monkeypatch.setattr(doctor, "probe", lambda: Cage("", "the kernel is old", "", local_sockets=True))
    said = call("doctor")
    assert said.code == 0, "a weaker cage is no reason not to scan"
    assert "ok       cage, network: on" in said.out and "sockets of this machine are kept" in said.out
    assert "weaker   cage, file system: not available: the kernel is old" in said.out
    assert "ok       cage, limits: on" in said.out


def test_doctor_says_which_language_models_are_there_and_how_to_get_others(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pii_scan.cli import doctor
    from pii_scan.detect import ner_models

    monkeypatch.setattr(doctor, "MODEL_LIBRARIES", (("json", "json", "nothing"), ("no_such_module", "mine", "names")))
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: "1.0")
    said = call("doctor")
    assert said.code == 0, "none is needed"
    assert "spaCy pipelines: none is installed" in said.out and "pii-scan downloads nothing" in said.out
    assert "ok       json 1.0: nothing" in said.out
    assert "no_such_module: not installed; for names: pip install 'presidio-analyzer[mine]'" in said.out
    monkeypatch.setattr(ner_models, "installed_pipelines", lambda: {"nb_rules": "3.8.0"})
    assert "nb_rules 3.8.0: spaCy pipeline, with scan --ner nb_rules" in call("doctor").out


def test_the_progress_line_shows_no_name_with_personal_data(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pii_scan.cli.progress.REFRESH_SECONDS", 0.0)
    ref = DocumentRef("t", "mappe/fnr 11837533335 kari@example.no.txt", None, 2048)
    with ProgressLine(enabled=True) as line:
        line(Progress(current=ref))
        line(Progress(findings=3))
        line(Progress(finished=WorkUnit(ref)))
    shown = capfd.readouterr().err
    assert "1 documents, 3 findings" in shown
    assert "11837533335" not in shown and "kari" not in shown and "mappe" not in shown


def test_a_veiled_name_controls_no_terminal() -> None:
    assert veiled("a\x1b]0;x\x07 12\n") == r"a\x#b]#;x\x## ##\n"
