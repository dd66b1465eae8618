"""Words that say what a capitalised word beside them is, as hashes. The lists are made by hand."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from pii_scan.detect.names.tokens import EDGE, Bools, Hashes, Ints, Tokens, among, word_hashes


def _hashes(text: str) -> Hashes:
    return np.sort(word_hashes(text.split()))


AFTER_NO_PERSON = _hashes(
    "gate gata gaten gt vei veien veg vegen plass plassen torg torget allé alle allmenning bru park parken "
    "stadion arena as asa ans da sa ba iks hf rhf kf nuf ab oy plc ltd inc llc gmbh corp group holding invest "
    "eiendom kommune kommunen fylke fylkeskommune forlag universitet universitetet høgskole høyskole sykehus "
    "sjukehus institutt senter senteret skole skule barnehage ungdomsskole barneskole kirke kyrkje museum "
    "bibliotek stiftelse stiftelsen legat minnefond fond street road avenue square university college institute "
    "foundation pris prisen prize license licence"
)
"""Behind a name: of a street, a company, a school, a fund."""
BEFORE_NO_PERSON = _hashes("sankt st stiftelsen firmaet selskapet")
NO_PERSON = _hashes(
    "meta google microsoft facebook instagram amazon apple twitter linkedin youtube tiktok snapchat whatsapp "
    "messenger adobe oracle sap azure visma tripletex fiken poweroffice vipps altinn nav skatteetaten "
    "datatilsynet dropbox slack zoom mailchimp hubspot salesforce shopify wordpress drupal joomla stripe klarna "
    "paypal nets postmark gravity forms ads analytics platforms canvas moodle vault zip nettskjema teams outlook "
    "excel word sharepoint onedrive peppol saf-t hk-dir ehf created documents document regnskap vår høst sommer "
    "vinter kryptert fullt påmeldte kunde kunder deltaker deltakere ansatt ansatte elev pasient fornavn etternavn "
    "navn namn adresse telefon mobil e-post epost dato sted avsender mottaker tittel disk kurs kilde kolonne ja "
    "origin user bruker "
    "nei norge norway oslo bergen trondheim stavanger reuters scanpix ntb nrk dagbladet aftenposten vg"
)
"""Companies, services, and words of forms, which begin or end no name."""
NO_PERSON_ENDS = _hashes("nr nummer numre numra datoer bakgrunn adresse skjema rapport liste oversikt")
"""How words end that are no names."""
MONTHS = _hashes(
    "januar februar mars april mai juni juli august september oktober november desember january february march "
    "may june july october december mandag tirsdag onsdag torsdag fredag lørdag søndag"
)
ENGLISH = _hashes(
    "else if a an the this that line may will mark rich even in is for from any all no not do end let can data "
    "type mon tue wed thu fri sat sun man tir ons tor fre lør søn jan feb mar apr jun jul aug sep oct okt nov dec "
    "des note see use default with when where while return case new open read write base test char class"
)
"""Common words of English and of programs, some of which are also names."""
NO_NAMES = _hashes("points possible total sum ukjent ingen mangler student test unknown none null")
"""In cells of columns of names that hold none."""
MAC = _hashes("mc ma de la le di o'")
"""Beginnings of surnames that go on with a capital."""
LABEL_WORDS = (
    "navn namn name fornavn førenamn etternavn etternamn fullt kontaktperson kontakt saksbehandler saksbehandlar "
    "kunde elev pasient deltaker deltakar søker søkar ansatt tilsett medarbeider foresatt foresatte pårørende "
    "student medlem signert underskrift firstname lastname givenname familyname surname forename fullname "
    "displayname author comment_author contact contactname customer employee fra frå til from to cc kopi avsender "
    "mottaker leder ansvarlig referent møteleder"
)
LABELS = _hashes(LABEL_WORDS)
"""Before a colon and a name."""
GREETING_WORDS = "hei hallo kjære mvh hilsen hilsen helsing vh hi hello dear regards"
GREETINGS = _hashes(GREETING_WORDS)
NORWEGIAN_WORDS = (
    "og på er som til av ikke ikkje med har ein eit et det jeg eg han hun ho vi dere dykk fra frå ble vart "
    "blei blir skal vil være vere også når etter hvis viss hei hilsen helsing kjære mvh vennlig vennleg venleg "
    "takk deg meg seg dette denne hva kva hvor kor eller men om den de dei ved hadde mellom sin sitt sine kan må "
    "bor bur heter heiter ringte navn namn"
)
_NORWEGIAN = _hashes(NORWEGIAN_WORDS)
"""Frequent in Norwegian (both forms), rare in English and in programs."""
_LONGEST = 8
NEAR = 60
"""Tokens on either side in which the language of the text is looked for."""
SHARE, LEAST = 0.06, 2
"""Of the words and signs there, and how many, must be `_NORWEGIAN`."""


def is_norwegian(tokens: Tokens, which: Ints) -> Bools:
    """Which of the words `which` are frequent in Norwegian and rare elsewhere."""
    out = np.zeros(len(which), bool)
    short = np.flatnonzero(tokens.length[which] <= _LONGEST)
    out[short] = among(tokens.hash[which[short]], _NORWEGIAN)
    return out


class Speech:
    """Where in a text Norwegian is spoken."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    @functools.cached_property
    def _hits(self) -> npt.NDArray[np.int32]:
        """How many words before each token are frequent in Norwegian."""
        hits = np.zeros(len(self._tokens.kind) + 1, np.int32)
        np.cumsum(among(self._tokens.hash, _NORWEGIAN), out=hits[1:])
        return hits

    def norwegian(self, where: Ints, begins: Ints) -> Bools:
        """Whether such words stand near each of the tokens `where`, up to NEAR away in its text or cell. `begins`: the
        tokens with which these begin, 0 among them, ascending.
        """
        if not len(where):
            return np.zeros(0, bool)
        hits = self._hits
        last = len(hits) - 1
        cell = np.searchsorted(begins, where, side="right")
        low = np.maximum(where - NEAR, begins[cell - 1])
        high = np.minimum(where + NEAR + 1, np.concatenate([begins[1:], [last]])[cell - 1])
        found = hits[high] - hits[low]
        filled = np.minimum(high, last - EDGE) - np.maximum(low, EDGE)  # what lies beyond the text is empty
        return np.asarray((found >= LEAST) & (found >= SHARE * filled))
