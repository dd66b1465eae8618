"""Runs inside the peer's environment: presidio-analyzer's default English recognizers on a blank spaCy pipeline.

Reads {"texts": [...], "columns": [{"header", "cells"}]} from standard input, writes one list of [type, start, end] for
each text, then for each cell. The header is given as context words, as Presidio's own batch analyzer does.
`--regions NO` gives the phone recognizer those regions, its documented setting.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from typing import Any


def analyzer(regions: list[str]) -> Any:
    """AnalyzerEngine without a download: no spaCy model, the packaged public suffix list."""
    spacy, tldextract = importlib.import_module("spacy"), importlib.import_module("tldextract")
    presidio = importlib.import_module("presidio_analyzer")
    engines = importlib.import_module("presidio_analyzer.nlp_engine")
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    engine = engines.SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "blank"}])
    engine.nlp = {"en": spacy.blank("en")}
    made = presidio.AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    if regions:
        phones = importlib.import_module("presidio_analyzer.predefined_recognizers").PhoneRecognizer
        made.registry.remove_recognizer("PhoneRecognizer")
        made.registry.add_recognizer(phones(supported_regions=tuple(regions)))
    return made


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--regions", nargs="*", default=[])
    engine = analyzer(parser.parse_args().regions)

    def found(text: str, context: list[str] | None) -> list[list[Any]]:
        results = engine.analyze(text=text, language="en", context=context)
        return [[result.entity_type, result.start, result.end] for result in results]

    task = json.load(sys.stdin)
    answers = [found(text, None) for text in task["texts"]]
    answers += [found(cell, [column["header"]]) for column in task["columns"] for cell in column["cells"]]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
