"""The DPV report is JSON-LD whose terms exist, and says what record, notice and run say and no more."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
import rdflib
from held_run import HELD, seen
from rdflib.namespace import DCTERMS, RDF

from pii_scan.inventory.categories import categories
from pii_scan.notice.model import load_notice
from pii_scan.notice.record import Activity, Record
from pii_scan.registry import data_folder
from pii_scan.report import dpv
from pii_scan.report.declared import Declared

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # within rdflib
ACTIVITY = Activity(
    "kurs/1", "Kurs", "r.yaml, line 1", purposes=("Holde kurs",), systems=("course.moodle", "Ringperm"),
    categories=("email", "national_id", "online_id"), other_categories=("skostørrelse",), subjects=("Deltakere",),
    recipients=("Wildbit, LLC",), legal_basis=("6.1.b",), art9=("9.2.j",), retention="P2W", starts_from="course_end",
    third_countries=("US",), security="Tilgang",
)  # fmt: skip
NOTICE = load_notice(data_folder("configs") / "notices" / "metis.yaml")
FULL = Declared(Record("Fjordkurs AS", "999888777", None, "ombudet", (ACTIVITY,)), NOTICE)
DPV = rdflib.Namespace(dpv.CONTEXT["dpv"])
PD = rdflib.Namespace(dpv.CONTEXT["pd"])
GDPR = rdflib.Namespace(dpv.CONTEXT["eu-gdpr"])


def graph(declared: Declared, lang: str = "nb") -> rdflib.Graph:
    out = io.BytesIO()
    dpv.write_of(seen(lang), out, declared)
    return rdflib.Graph().parse(data=out.getvalue().decode(), format="json-ld")


def used(node: Any) -> set[str]:
    """Every compact name in keys, types and references."""
    if isinstance(node, dict):
        own = {key for key in node if ":" in key} | {value for key in ("@id", "@type") if (value := node.get(key))}
        return own.union(*map(used, node.values()))
    return set().union(*map(used, node)) if isinstance(node, list) else set()


@pytest.mark.parametrize("declared", [Declared(), FULL, Declared(None, NOTICE)], ids=["run", "all", "notice"])
def test_every_term_is_one_of_the_vocabulary(declared: Declared) -> None:
    names = {name for name in used(dpv.document(seen(), declared)["@graph"]) if re.match(r"(dpv|pd|eu-gdpr):", name)}
    assert names and names <= dpv.terms()


def test_every_term_that_the_category_tree_and_the_bases_can_give_is_in_the_list() -> None:
    assert {f"pd:{term}" for category in categories() for term in category.dpv} <= dpv.terms()
    bases = [f"6.1.{c}" for c in "abcdef"] + [f"9.2.{c}" for c in "abcdefghij"]
    assert {dpv._basis(basis)["@id"] for basis in bases} <= dpv.terms()


def test_each_system_is_a_process_with_the_data_found_in_it_and_nothing_else() -> None:
    found = graph(Declared())
    record = next(found.subjects(RDF.type, DPV.ROPA))
    processes = {str(found.value(one, DCTERMS.identifier)): one for one in found.objects(record, DPV.hasProcess)}
    assert set(processes) == {system for system, _, _ in HELD} - {"accounting.saft"}
    moodle = processes["course.moodle"]
    expected = {PD[categories().by_key[key].dpv[0]] for system, key, _ in HELD if system == "course.moodle"}
    assert set(found.objects(moodle, DPV.hasPersonalData)) == expected
    assert set(found.predicates(moodle)) == {RDF.type, DCTERMS.title, DCTERMS.identifier, DPV.hasPersonalData}


def test_an_activity_says_what_the_record_says_of_it() -> None:
    found = graph(FULL)
    process = next(found.subjects(DCTERMS.identifier, rdflib.Literal("kurs/1")))
    data = set(found.objects(process, DPV.hasPersonalData))
    assert {PD.EmailAddress, PD.OfficialID} <= data and len(data) == 4
    assert {str(found.value(one, DCTERMS.title)) for one in data} >= {"skostørrelse", "online_id"}
    assert set(found.objects(process, DPV.hasLegalBasis)) == {GDPR["A6-1-b"], GDPR["A9-2-j"]}
    assert str(found.value(found.value(process, DPV.hasRecipient), DPV.hasName)) == "Wildbit, LLC"
    assert str(found.value(found.value(process, DPV.hasThirdCountry), DPV.hasName)) == "US"
    duration = found.value(found.value(found.value(process, DPV.hasStorageCondition), DPV.hasDuration), RDF.value)
    assert str(duration.datatype).endswith("duration") and "14" in str(duration)
    assert (
        str(found.value(found.value(process, DPV.hasTechnicalOrganisationalMeasure), DCTERMS.description)) == "Tilgang"
    )
    (system,) = found.objects(process, DPV.hasProcess)
    assert str(found.value(system, DCTERMS.identifier)) == "course.moodle"
    record = next(found.subjects(RDF.type, DPV.ROPA))
    assert str(found.value(found.value(record, DPV.hasDataController), DPV.hasName)) == "Fjordkurs AS"
    listed = {str(found.value(one, DCTERMS.identifier)) for one in found.objects(record, DPV.hasProcess)}
    assert "kurs/1" in listed and "course.moodle" not in listed


def test_all_nodes_that_are_referred_to_exist() -> None:
    document = dpv.document(seen(), FULL)
    ids = {node["@id"] for node in document["@graph"]}
    references = {name for name in used(document["@graph"]) if name.startswith("urn:")}
    assert references - ids <= {name for name in references if name.endswith("#controller")}


def test_the_graph_is_the_same_in_each_language_but_for_the_texts() -> None:
    def shape(found: rdflib.Graph) -> set[tuple[str, str]]:
        return {(str(p), str(o)) for _, p, o in found if isinstance(o, rdflib.URIRef)}

    assert shape(graph(FULL, "nb")) == shape(graph(FULL, "en"))


def test_hostile_names_stay_text() -> None:
    hostile = Activity('"}]<script>', "\x1b[31m\u202e x", "", recipients=("a\nb",), security="</script>")
    out = io.BytesIO()
    dpv.write_of(seen(), out, Declared(Record(None, None, None, None, (hostile,))))
    json.loads(out.getvalue())
    assert "\x1b" not in out.getvalue().decode() and "\u202e" not in out.getvalue().decode()
    assert len(rdflib.Graph().parse(data=out.getvalue().decode(), format="json-ld"))
