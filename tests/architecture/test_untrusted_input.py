"""Nothing in the source runs, or makes objects of, what someone else wrote."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
FILES = sorted(SOURCE.rglob("*.py"))
OBJECTS = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "jsonpickle",
    "copyreg",
    "marshal",
}
MAY = {("marshal", "pii_scan/detect/layout_memory.py"), ("marshal", "pii_scan/report/compiled_pages.py")}
"""They read only what no other user can have written: `test_layout_memory`, `test_compiled_pages`."""
RUNS = {"eval", "exec", "compile", "__import__"}
TREES = ("xml.etree", "xml.dom", "xml.sax", "lxml", "defusedxml")
WRITES = {"pii_scan/report/junit.py"}
"""Makes XML, and reads none."""


def trees() -> Iterator[tuple[str, ast.Module]]:
    for file in FILES:
        yield file.relative_to(SOURCE).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Each call with the name it is made by: `np.load`, `eval`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_no_module_reads_pickles() -> None:
    assert len(FILES) > 300
    for name, tree in trees():
        for module in {one.partition(".")[0] for one in imported(tree)} & OBJECTS:
            assert (module, name) in MAY
        for function, call in calls(tree):
            if function.endswith(("np.load", "numpy.load", "read_array", "write_array")):
                allowed = {word.arg: word.value for word in call.keywords}.get("allow_pickle")
                assert isinstance(allowed, ast.Constant) and allowed.value is False, (name, call.lineno)


def test_no_module_runs_text() -> None:
    for name, tree in trees():
        for function, call in calls(tree):
            assert function not in RUNS, (name, call.lineno)
            shell = {word.arg: word.value for word in call.keywords}.get("shell")
            assert shell is None and function not in ("os.system", "os.popen"), (name, call.lineno)


def test_yaml_is_read_safely() -> None:
    for name, tree in trees():
        for function, call in calls(tree):
            if function.startswith("yaml.") and "load" in function and function != "yaml.safe_load":
                loaders = [word.value for word in call.keywords if word.arg == "Loader"]
                assert [ast.unparse(loader) for loader in loaders] == ["_LOADER"], (name, call.lineno)
        if "yaml" in imported(tree):
            text = ast.unparse(tree)
            assert "UnsafeLoader" not in text and "FullLoader" not in text and "yaml.Loader" not in text, name


def test_xml_is_read_by_parsers_that_refuse_entities() -> None:
    """`extract.xml` refuses declarations of entities, `extract.office_text` any document type; so does plistlib."""
    for name, tree in trees():
        assert name in WRITES or not [one for one in imported(tree) if one.startswith(TREES)], name
        if any(function.endswith("ParserCreate") for function, _ in calls(tree)):
            text = ast.unparse(tree)
            assert "EntityDeclHandler" in text or "StartDoctypeDeclHandler" in text, name


def test_no_database_loads_extensions() -> None:
    for name, tree in trees():
        assert not [function for function, _ in calls(tree) if "load_extension" in function], name


@pytest.mark.parametrize("module", sorted(OBJECTS))
def test_the_watch_would_notice(module: str) -> None:
    assert {one.partition(".")[0] for one in imported(ast.parse(f"from {module} import loads"))} == {module}
