"""The trained model: weights as small whole numbers, and the lists it leans on as hashes."""

from __future__ import annotations

import functools
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pii_scan.detect.names.decode import Floats, best_tags
from pii_scan.detect.names.evidence import Lists, WordTable
from pii_scan.detect.names.features import BITS, Candidates
from pii_scan.detect.names.tokens import Codes
from pii_scan.errors import ConfigError
from pii_scan.kernel import native

FILE = Path(__file__).with_name("model.npz")
_STEPS = 127
_SCALE_DIGITS, _TRANSITION_DECIMALS = 4, 3
"""What is kept of trained figures: far above where two processors differ in the same sum, far below what matters."""
_PARTS = ("cased", "caseless")


@dataclass(frozen=True, slots=True)
class Weights:
    """Of one reading: cased or caseless."""

    emission: npt.NDArray[np.int8]
    """(2, 2^BITS): what a feature adds to BEGIN and to INSIDE, in steps of `scale`; OUTSIDE is 0."""
    scale: float
    transition: Floats
    """(3, 4): to, from; the last column is the edge of a run."""

    @staticmethod
    def rounded(emission: npt.NDArray[np.float64], transition: npt.NDArray[np.float64]) -> Weights:
        """Trained weights in steps of 1/127 of the largest."""
        largest = float(np.abs(emission).max())
        scale = float(f"{largest / _STEPS:.{_SCALE_DIGITS}g}") or 1.0
        steps = np.clip(np.rint(emission / scale), -_STEPS, _STEPS).astype(np.int8)
        return Weights(steps, scale, np.round(transition, _TRANSITION_DECIMALS).astype(np.float32))

    def scores(self, features: npt.NDArray[np.int32]) -> Floats:
        """(words, 3)."""
        out = np.zeros((len(features), 3), np.float32)
        kernel = native()
        if kernel is not None:
            sums = np.empty((len(features), 2), np.int32)
            kernel.weighed(self.emission, features, sums)
            out[:, 1:] = sums * np.float32(self.scale)
            return out
        for tag in (0, 1):
            out[:, tag + 1] = self.emission[tag][features].sum(axis=1, dtype=np.int32) * np.float32(self.scale)
        return out

    def tags(self, candidates: Candidates) -> Codes:
        """The best tags of the candidates."""
        return best_tags(self.scores(candidates.features), candidates.run, self.transition)


@dataclass(frozen=True, slots=True)
class NameModel:
    """All that the tagger knows."""

    cased: Weights
    caseless: Weights
    lists: Lists

    def save(self, file: Path) -> None:
        """Writes the same bytes for the same model."""
        arrays: dict[str, npt.NDArray[np.generic]] = {}
        for name in _PARTS:
            part: Weights = getattr(self, name)
            arrays[f"{name}_emission"], arrays[f"{name}_transition"] = part.emission, part.transition
            arrays[f"{name}_scale"] = np.array([part.scale])
        for name in Lists.__slots__:
            table: WordTable = getattr(self.lists, name)
            arrays[f"{name}_steps"] = np.diff(table.keys, prepend=np.uint32(0)).astype(np.uint32)
            arrays[f"{name}_codes"] = table.codes
        with zipfile.ZipFile(file, "w") as archive:
            for name in sorted(arrays):
                content = io.BytesIO()
                np.lib.format.write_array(content, np.ascontiguousarray(arrays[name]), allow_pickle=False)
                entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
                archive.writestr(entry, content.getvalue(), zipfile.ZIP_DEFLATED, 9)

    @staticmethod
    def load(file: Path = FILE) -> NameModel:
        """Raises ConfigError when the file is not there or is no such model."""
        try:
            with np.load(file, allow_pickle=False) as held:
                weights = [
                    Weights(held[f"{n}_emission"], float(held[f"{n}_scale"][0]), held[f"{n}_transition"])
                    for n in _PARTS
                ]
                tables = {
                    name: WordTable(np.cumsum(held[f"{name}_steps"], dtype=np.uint32), held[f"{name}_codes"])
                    for name in Lists.__slots__
                }
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            raise ConfigError("the model of names cannot be read", "install pii-scan again") from None
        if any(part.emission.shape != (2, 1 << BITS) for part in weights):
            raise ConfigError("the model of names is of another version", "install pii-scan again")
        return NameModel(weights[0], weights[1], Lists(**tables))


@functools.cache
def built_in_model() -> NameModel:
    """The model that comes with pii-scan."""
    return NameModel.load()
