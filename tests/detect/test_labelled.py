"""Labels of detections: few and many get the same, whatever was labelled before."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pii_scan.detect.detector import Detector
from pii_scan.detect.labelled import Labelled

TEXT = "fnr 158880 10030, e-post kari@example.no, tlf. 68 05 12 34, 158880 10030\n"


def test_few_detections_are_labelled_as_many_are() -> None:
    detector = Detector()
    found = detector.detect(pa.array([TEXT * 3] * 4, pa.large_string()))
    assert len(found) > 20
    many = Labelled(detector).hits(found)
    labelled = Labelled(detector)
    few = [labelled.hits(found.take(np.array([row]))) for row in reversed(range(len(found)))]
    labels = [one.labels[one.label[0]] for one in reversed(few)]
    assert labels == [many.labels[number] for number in many.label]
    assert len(set(labels)) == len(many.labels) == len(labelled.hits(found).labels)
