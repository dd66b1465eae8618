"""Text as it stands in most documents, by which is told how often an expression could begin in one.

Made, not collected: words that are frequent in Norwegian (bokmål and nynorsk) and English, the more frequent the more
often, with the signs, numbers and words of programs that stand among them. It decides how fast a scan is, and nothing
of what it finds.
"""

from __future__ import annotations

import itertools
import random
from functools import cache

_NORWEGIAN = (
    "og i det på er som til en å han av for med at var de ikke den har jeg om et men så seg hun hadde fra vi du "
    "kan da ble ut skal vil ham etter over ved også bare eller sa nå dette noe være meg mot opp der når inn dem "
    "kunne andre blir alle noen sin ville to hans mange hvor før ha skulle siden her må gjøre hva år nye første "
    "mer deg under mellom bli uten både få går mye rundt del selv igjen litt helt alt gi sine dag norske hele "
    "fikk slik derfor tid mens oss hver gang to tre fire saken møte arbeidet barn foreldre skole kommune ansatte "
    "leder gruppe nytt større godt ta komme brukes bruk avtale vedtak søknad dato navn adresse telefon "
    "informasjon opplysninger behov tiltak oppfølging ansvar vurdering tjeneste økonomi regnskap faktura kurs "
    "deltaker medlem styret årsmøte innkalling referat vedlegg hilsen takk hei vennlig kontor avdeling prosjekt "
    "rapport system tilgang passord nettside bilde kunde ordre betaling beløp kroner måned uke mandag tirsdag "
    "onsdag januar mars juni september sykdom hjem bygg eiendom veien gate norge oslo bergen person personer "
    "gjelder følger viser finnes ligger står heter bor jobber sendte skrev svarte mottatt behandlet godkjent "
    "registrert informert planlagt gjennomført mulig viktig nødvendig aktuell sammen tidligere senere snart ofte "
    "aldri alltid kanskje eg ikkje ein dei frå vart kva korleis nokre meir berre noko sjølv gjer skriv fekk kom "
    "mellom arbeid"
)
_ENGLISH = (
    "the of and to a in is that for it was on with as be by at this from have or are not but had which you one we "
    "all her she there been their has if would will what more when who can no out up so said about other into "
    "than its time only could new them some these two may then do first any my now such like our over man me even "
    "most made after also did many before must through back years where much your way well down should because "
    "each just those people state world work still between own under last right great public school members "
    "government system information service data account customer order number address name date email contact "
    "report meeting project company office student course please thanks regards update change request error user "
    "password access file list value type status page use used using need required available policy health care "
    "group member support general special following"
)
_PROGRAMS = (
    "INFO WARN ERROR DEBUG GET POST HTTP/1.1 200 404 true false null id= name= user= status= type= key= value= "
    "href= div span class= index.html main.css .js .png .no .com www. http:// https:// /api/ /home/ /var/log/ "
    "session request thread connection timeout started finished node server worker version config module"
)
LENGTH = 16_000


@cache
def ordinary_text() -> bytes:
    """Some LENGTH bytes of it, the same each time."""
    chance = random.Random(1)
    parts: list[str] = []
    size = 0
    while size < LENGTH:
        words, often = chance.choices((_NORWEGIAN, _ENGLISH, _PROGRAMS), (6, 2, 1))[0], chance.randint(6, 18)
        parts.append(_line(chance, words.split(), often))
        size += len(parts[-1])
    return "".join(parts).encode()[:LENGTH]


def _line(chance: random.Random, words: list[str], count: int) -> str:
    """Some words: one in rank r comes in proportion to 1 / (r + 2), as words of a language do (Zipf's law)."""
    weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(len(words))))
    said = chance.choices(words, cum_weights=weights, k=count)
    said[0] = said[0].capitalize()
    for place in range(1, count):
        kind = chance.random()
        if kind < 0.04:
            said[place] = str(chance.randint(1, 99_999))
        elif kind < 0.07:
            said[place] = said[place].capitalize()
        if kind > 0.9:
            said[place - 1] += chance.choice(",,,:;-.")
    return " ".join(said) + chance.choice((".", ".", ".", "", "?", ":")) + chance.choice(("\n", "\n", " ", "\n\n"))
