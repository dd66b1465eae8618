"""More training text than there is: names put in place of others, and lines of letters and forms made up here."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from norne import Sentence, Word

_TEMPLATES = """Hei {F}!
Hei, {F}.
Kjære {FS}
Frå: {FS}
Fra: {FS}
Til: {FS}
Kopi til: {FS}; {FS}
Mvh {FS}
Mvh {F}
Med vennleg helsing {FS}
Vennlig hilsen {FMS}
Hilsen {F}
Navn: {FS}
Navn: {SF}
Namn: {FMS}
Fornavn: {F}
Etternavn: {S}
{SF}
{FS}
{FMS}
{I}
Kontakt: {FS}
Vår saksbehandler: {FS}
Kunde {SF}
Eleven {FS} var til stede i alle timene.
Deltakere: {FS}, {FS} og {F}
Til stede: {FS}, {I}, {FS}
Møteleder: {FS} Referent: {I}
Læreren {FS} ringte hjem i går.
{FS} har meldt seg på kurset og betaler selv.
Foresatte er {FS} og {FS}.
Jeg traff {F} på butikken, og {F} spurte etter {F}.
Eg møtte {F} på bussen, og ho helsa frå {FS}.
Hun heter {F} og jobber sammen med {F}.
Sønnen {F} begynner på skolen til høsten.
{FS}s konto er stengt.
{F}s bil står i garasjen.
Faktura nr. 40 er sendt til {FS}.
Avdelingsleder {FS} innvilget ferien.
Pasienten {SF} ble skrevet ut onsdag.
Ho {F} kjem i morgon saman med {F}.
Søkeren {FSS} har lagt ved vitnemål.
Ring {F} eller {FS} om nøkkelen.
Vi viser til brev fra {FS} av 3. mai.""".split("\n")
UNLISTED = 0.1
"""Share of names made of halves of two, which no list holds: so that the words around a name count too."""
_SLOT = re.compile(r"\{(\w+)\}")


class NameMaker:
    """Draws names by how common they are, the rare ones more often than life has it."""

    def __init__(self, first: dict[str, int], last: dict[str, int], rng: random.Random) -> None:
        """Names and numbers of bearers."""
        self._rng = rng
        self._first, self._last = sorted(first), sorted(last)
        self._first_weight = _cumulative([first[name] for name in self._first])
        self._last_weight = _cumulative([last[name] for name in self._last])

    def first(self) -> str:
        return self._drawn(self._first, self._first_weight)

    def last(self) -> str:
        return self._drawn(self._last, self._last_weight)

    def _drawn(self, names: Sequence[str], weights: Sequence[float]) -> str:
        if self._rng.random() < UNLISTED:
            front, back = self._rng.choice(names), self._rng.choice(names)
            return front[: (len(front) + 1) // 2] + back[len(back) // 2 :].lower()
        if self._rng.random() < 0.35:
            return self._rng.choice(names)
        return self._rng.choices(names, cum_weights=weights)[0]

    def swapped(self, sentence: Sentence, share: float) -> Sentence:
        """`sentence` with other names in place of `share` of its names."""
        out: Sentence = []
        i = 0
        while i < len(sentence):
            j = i + 1
            if sentence[i].tag == "B-PER":
                while j < len(sentence) and sentence[j].tag == "I-PER":
                    j += 1
                if self._rng.random() < share and all(word.text[:1].isupper() for word in sentence[i:j]):
                    out += self._made(sentence[i:j])
                    i = j
                    continue
            out += sentence[i:j]
            i = j
        return out

    def _made(self, old: Sentence) -> Sentence:
        if len(old) == 1:
            names = [self.first() if self._rng.random() < 0.5 else self.last()]
        else:
            middle = [self._rng.choice((self.first, self.last))() for _ in old[2:]]
            names = [self.first(), *middle, self.last()]
        tags = ["B-PER"] + ["I-PER"] * (len(names) - 1)
        spaces = [True] * (len(names) - 1) + [old[-1].space]
        return [Word(*item) for item in zip(names, tags, spaces, strict=True)]

    def line(self) -> Sentence:
        """A line of a letter or form, as words with their tags; spaces are words of their own where they matter."""
        template = self._rng.choice(_TEMPLATES)
        out: Sentence = []
        at = 0
        for slot in _SLOT.finditer(template):
            out += [Word(template[at : slot.start()], "O", False)] if slot.start() > at else []
            out += self._slot(slot[1])
            at = slot.end()
        return out + ([Word(template[at:], "O", False)] if at < len(template) else [])

    def _slot(self, kind: str) -> Sentence:
        first, last = self.first(), self.last()
        pieces = {
            "F": [first], "S": [last], "FS": [first, " ", last], "FMS": [first, " ", self.first(), " ", last],
            "FSS": [first, " ", self.last(), " ", last], "SF": [last, ", ", first], "I": [f"{first[0]}.", " ", last],
        }[kind]  # fmt: skip
        return [Word(piece, "I-PER" if i else "B-PER", False) for i, piece in enumerate(pieces)]


def _cumulative(counts: Sequence[int]) -> list[float]:
    total, out = 0.0, []
    for count in counts:
        total += (count + 1) ** 0.5
        out.append(total)
    return out
