"""Whether the text around a hit points at a particular person. A word such as «diabetes» is personal data only then.

The words are in `configs/person_evidence.yaml`. Who it is about is not asked, and nothing of the text is kept.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from pii_scan.errors import ConfigError, nearest
from pii_scan.registry import data_folder
from pii_scan.yaml_file import read_mapping

BEFORE_BYTES = 200
"""Bytes of UTF-8 before the hit that are looked at."""
AFTER_BYTES = 120
MAX_FILE_BYTES = 128 << 10

_CUT_BYTES = 3
"""A window this much shorter than asked for may still have been cut: it ends with a whole character."""
_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|§|\d+")
_DIGIT = re.compile(r"[0-9]")
_FIRST_WORD = re.compile(r"\A[^\W_]+")
_LAST_WORD = re.compile(r"[^\W_]+\Z")
_FIELD = re.compile(r"[\"']?[ \t]{0,3}[:=][ \t]{0,8}[\"']?(?=([^\W\d_]|\d))")
_MAILBOX = re.compile(r"(?<![\w.+-])([\w+-]{1,40}(?:\.[\w+-]{1,40}){0,4})@[\w-]{1,60}\.\w")
_NATIONAL_NUMBER = re.compile(r"(?<![\d.,])[0-7]\d{5}[ .-]?\d{5}(?!\d)")
_BORN = re.compile(r"(?<!\w)(?:født|fødd|born|f\.)[ ](?:den[ ]|on[ ])?[\d]", re.IGNORECASE)
_AGE = re.compile(
    r"(?<!\d)\d{1,2}(?:[ -]?(?:åring(?:en)?|årig(?:e)?|year-old)| (?:år gam(?:mel|mal|le)|years old))(?!\w)"
    r"|(?<!\w)(?:kvinne|mann|gutt|gut|jente|woman|man|boy|girl),? \(?\d{1,2}(?!\d)",
    re.IGNORECASE,
)
_FILLED_IN = re.compile(r"\[[xX]\]|[\u2611\u2612\u2713\u2714]")
"""A box that somebody ticked."""
_VITALS = re.compile(r"(?<!\w)(?:BT|RR|blodtrykk)[ :]{0,2}\d{2,3}/\d{2,3}|(?<!\w)puls[ :]{0,2}\d{2,3}(?!\d)")
"""What is measured on a patient."""
_CLAUSE_END = re.compile(r"[,;:](?=\s)")
_SENTENCE_END = re.compile(r"[.!?][\"»)]?\s+(?=[^\Wa-zæøå_]|[-\u2013•§])|\n\s*(?=\n|[^\Wa-zæøå_]|[-\u2013•*§])")


@dataclass(frozen=True, slots=True)
class _Words:
    """The lists of the configuration file, in small letters."""

    persons: frozenset[str]
    personal: frozenset[str]
    roles: frozenset[str]
    with_verb: frozenset[str]
    verbs: frozenset[str]
    english: frozenset[str]
    titles: frozenset[str]
    greetings: frozenset[str]
    possessives: frozenset[str]
    kin: frozenset[str]
    generic_words: frozenset[str]
    generic_phrases: frozenset[str]
    company_forms: frozenset[str]
    organisations: frozenset[str]
    not_names: frozenset[str]
    surname_endings: frozenset[str]
    labels: frozenset[str]
    mailboxes: frozenset[str]
    first_names: frozenset[str]
    first_names_with_verb: frozenset[str]
    first_names_with_surname: frozenset[str]

    @property
    def either(self) -> re.Pattern[str]:
        """Two words for a person side by side, of which the text means any: `han eller hun`, `his/her`."""
        one = "|".join(sorted(self.persons | self.possessives, key=lambda word: (-len(word), word)))
        return re.compile(rf"(?<!\w)(?:{one})(?:\s(?:eller|or)\s|\s?/\s?)(?:{one})(?!\w)", re.IGNORECASE)


def person_near(before: str, after: str) -> bool:
    """Whether the text around a hit points at one person: the `BEFORE_BYTES` before and the `AFTER_BYTES` after it.

    Longer texts are for the caller to cut; a word cut in two at the far end of a full window does not count.
    Raises ConfigError when the word lists cannot be read.
    """
    words, either = _word_lists()
    if len(before.encode("utf-8", "replace")) >= BEFORE_BYTES - _CUT_BYTES:
        before = _FIRST_WORD.sub("", before)
    if len(after.encode("utf-8", "replace")) >= AFTER_BYTES - _CUT_BYTES:
        after = _LAST_WORD.sub("", after)
    whole = _Sides(_without_either(before, either), _without_either(after, either))
    named, one = whole.names_person(words), whole.speaks_of_one(words)
    if not named and not one:
        return False
    sentence = whole.sentence()
    if named and sentence.names_person(words):
        return True
    if sentence.speaks_of_rules(words):
        return False
    return named or sentence.speaks_of_one(words) or not whole.speaks_of_rules(words)


def sentence_around(before: str, after: str) -> tuple[str, str]:
    """What of the text before a hit and of the text after it is in the hit's sentence."""
    ends = list(_SENTENCE_END.finditer(before))
    end = _SENTENCE_END.search(after)
    return before[ends[-1].end() if ends else 0 :], after[: end.end()] if end else after


def _without_either(text: str, either: re.Pattern[str]) -> str:
    """The text without the pairs of words by which it means anybody."""
    return either.sub(" ", text) if "/" in text or " eller " in text or " or " in text else text


def _identified(text: str, words: _Words) -> bool:
    """Whether the text holds somebody's e-mail address, national number, date of birth or pulse, or a form's field."""
    if _DIGIT.search(text) and (_NATIONAL_NUMBER.search(text) or _BORN.search(text) or _VITALS.search(text)):
        return True
    if _FILLED_IN.search(text):
        return True
    for mailbox in _MAILBOX.finditer(text) if "@" in text else ():
        local = mailbox.group(1).lower()
        if not local.strip("x."):  # a mask
            continue
        if local not in words.mailboxes and local.partition(".")[0] not in words.mailboxes:
            return True
    fields = _FIELD.finditer(text) if ":" in text or "=" in text else ()
    return any(_is_label(text[: field.start()], words) for field in fields if not field[1].islower())


def _is_label(before: str, words: _Words) -> bool:
    """Whether the text ends with a label of a person's data."""
    tokens = _Tokens(before[-40:].replace("_", " "))
    if not tokens.low or tokens.ends[-1] != len(tokens.text):
        return False
    return tokens.low[-1] in words.labels or "_".join(tokens.low[-2:]) in words.labels


class _Tokens:
    """The words of a text, with what stands between them."""

    def __init__(self, text: str) -> None:
        self.text = text
        found = list(_TOKEN.finditer(text))
        self.raw = [token.group().replace("\u2019", "'") for token in found]
        self.low = [token.lower().removesuffix("'s") for token in self.raw]
        self.starts = [token.start() for token in found]
        self.ends = [token.end() for token in found]

    def next_to(self, i: int) -> bool:
        """Whether only blanks stand between word i and the one after it."""
        return 0 <= i < len(self.raw) - 1 and self.text[self.ends[i] : self.starts[i + 1]].isspace()

    def after(self, i: int) -> str:
        """The word right after word i in small letters; empty for none."""
        return self.low[i + 1] if self.next_to(i) else ""

    def before(self, i: int) -> str:
        return self.low[i - 1] if self.next_to(i - 1) else ""

    def first(self) -> str:
        """The word that the text begins with, if only blanks stand before it."""
        return self.low[0] if self.low and self.text[: self.starts[0]].isspace() else ""

    def last(self) -> str:
        return self.low[-1] if self.low and self.text[self.ends[-1] :].isspace() else ""

    def holds(self, single: frozenset[str], phrases: frozenset[str]) -> bool:
        """Whether a word is one of `single` or `phrases`, or two side by side, joined by `_`, are one of `phrases`."""
        if not single.isdisjoint(self.low) or not phrases.isdisjoint(self.low):
            return True
        pairs = {f"{one}_{two}": i for i, (one, two) in enumerate(itertools.pairwise(self.low))}
        return any(self.next_to(pairs[pair]) for pair in pairs.keys() & phrases)

    def names_person(self, words: _Words) -> bool:
        """Whether it holds a pronoun of the third person or a person's name."""
        for i, word in enumerate(self.low):
            if (word in words.persons and self.before(i) not in words.not_names) or self._is_name(i, words):
                return True
            if word in words.titles and self._is_title(i):
                return True
        return False

    def _is_name(self, i: int, words: _Words) -> bool:
        if not self.raw[i][0].isupper():
            is_name = self.low[i] in words.first_names and self.after(i) in words.verbs
            return is_name and self.before(i) not in words.not_names
        first = _given_name(self.low[i], words)
        if not first and not _is_surname(self.raw[i], words):
            return False
        if self.before(i) in words.not_names or self._names_organisation(i, words):
            return False
        if first in words.first_names:
            return True
        surname = self.next_to(i) and self.raw[i + 1][0].isupper() and self.after(i) not in words.not_names
        if first in words.first_names_with_surname:
            return surname and _is_surname(self.raw[i + 1], words)
        if first:
            return surname or self._at_verb(i, words) or self.before(i) in words.greetings
        return self._has_given_name(i, words)

    def _at_verb(self, i: int, words: _Words) -> bool:
        """Whether a verb follows word i, or the hit, which may begin with one."""
        return self.after(i) in words.verbs or (i == len(self.raw) - 1 and bool(self.last()))

    def ends_with_subject(self, words: _Words) -> bool:
        """Whether it ends with a word that a verb makes a person: the hit may begin with the verb."""
        return self.last() in words.with_verb and self.raw[-1] != "i"

    def _has_given_name(self, i: int, words: _Words) -> bool:
        """Whether a capitalised word, itself not the first of its sentence, stands right before surname i."""
        if not self.next_to(i - 1) or not self.raw[i - 1].istitle() or len(self.raw[i - 1]) < 2:
            return False
        if self.low[i - 1] in words.not_names | words.organisations or self.before(i - 1) in words.not_names:
            return False
        return self.after(i) in words.verbs or (self.next_to(i - 2) and self.raw[i - 2].islower())

    def _is_title(self, i: int) -> bool:
        """Whether a title, `Mr.` or `fru`, stands before a capitalised word. (`ms` is a unit, `MS` many things.)"""
        if i + 1 >= len(self.raw) or not (self.raw[i].istitle() or self.raw[i].islower() and len(self.raw[i]) > 2):
            return False
        return self.text[self.ends[i] : self.starts[i + 1]] in (" ", ". ") and self.raw[i + 1][0].isupper()

    def _names_organisation(self, i: int, words: _Words) -> bool:
        """Whether the name that goes on from word i, over three words at most, is one of an organisation or place."""
        for at in range(i, min(i + 3, len(self.raw) - 1)):
            if self.text[self.ends[at] : self.starts[at + 1]].strip(" &-"):
                return False
            low, raw = self.low[at + 1], self.raw[at + 1]
            if low in words.organisations or (low in words.company_forms and raw.isupper()):
                return True
            if not raw[0].isupper():
                return False
        return False

    def speaks_of_one(self, words: _Words) -> bool:
        """Whether the writer, the reader or somebody by their role is spoken of."""
        if self.holds(words.personal, words.roles) or (_DIGIT.search(self.text) and _AGE.search(self.text)):
            return True
        for i, word in enumerate(self.low):
            if word in words.possessives and (self.after(i) in words.kin or self.before(i) in words.kin):
                return True
            if word in words.with_verb and (word != "i" or self.raw[i] == "I"):
                if word != "i" and self.after(i).isdecimal() and len(self.after(i)) <= 3:  # «deltaker 7»
                    return True
                # `er i` says nothing of anybody: Norwegian `i` is a preposition
                if self.after(i) in words.verbs or (word != "i" and self.before(i) in words.verbs):
                    return True
        return False


def _given_name(low: str, words: _Words) -> str:
    """The first name that a word is or begins with, itself or in the genitive; empty for none."""
    for form in (low, low.removesuffix("s"), low.partition("-")[0]):
        if form in words.first_names or form in words.first_names_with_verb or form in words.first_names_with_surname:
            return form
    return ""


def _is_surname(raw: str, words: _Words) -> bool:
    if len(raw) < 3 or not raw[0].isupper():
        return False
    low = raw.lower().removesuffix("s")
    return any(low.endswith(ending) for ending in words.surname_endings)


class _Sides:
    """The text before a hit and the text after it."""

    def __init__(self, before: str, after: str) -> None:
        self.before, self.after = _Tokens(before), _Tokens(after)
        self.both = (self.before, self.after)

    def sentence(self) -> _Sides:
        """What is in the sentence of the hit."""
        before, after = sentence_around(self.before.text, self.after.text)
        whole = len(before) == len(self.before.text) and len(after) == len(self.after.text)
        return self if whole else _Sides(before, after)

    def names_person(self, words: _Words) -> bool:
        """Whether either side holds a person's name, number, address or pronoun."""
        return any(_identified(side.text, words) or side.names_person(words) for side in self.both)

    def speaks_of_one(self, words: _Words) -> bool:
        """Whether somebody is spoken of by their part in the conversation, or by their role."""
        if self.before.last() in words.possessives or self.after.first() in words.possessives:
            return True
        if self.before.ends_with_subject(words) and (self.before.last() != "i" or self._is_english(words)):
            return True
        return any(side.speaks_of_one(words) for side in self.both)

    def _is_english(self, words: _Words) -> bool:
        return any(not words.english.isdisjoint(side.low) for side in self.both)

    def speaks_of_rules(self, words: _Words) -> bool:
        """Whether it states a rule, advises, asks, or speaks of many: before the hit, or in the rest of its clause."""
        if "?" in self.after.text:
            return True
        clause = _CLAUSE_END.search(self.after.text)
        rest = _Tokens(self.after.text[: clause.start()]) if clause else self.after
        return any(side.holds(words.generic_words, words.generic_phrases) for side in (self.before, rest))


@cache
def _word_lists() -> tuple[_Words, re.Pattern[str]]:
    words = _read_words(data_folder("configs") / "person_evidence.yaml")
    return words, words.either


def _read_words(file: Path) -> _Words:
    """The word lists in `file`. Raises ConfigError with the file and the key."""
    content = read_mapping(file, MAX_FILE_BYTES, ConfigError, "the evidence of a person")
    known = [field.name for field in fields(_Words)]
    for key in content:
        if key not in known:
            raise ConfigError(f"{file.name}: unknown key {str(key)[:40]!r}", nearest(str(key), known))
    lists = {}
    for key in known:
        text = content.get(key)
        if not isinstance(text, str) or not text.split():
            raise ConfigError(f"{file.name}: {key!r} must be words, parted by spaces")
        lists[key] = frozenset(text.lower().split())
    return _Words(**lists)
