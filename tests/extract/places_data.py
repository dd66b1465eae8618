"""Where each value planted in the samples of the formats is to be found; checked by `test_formats.py`."""

from __future__ import annotations

PLACES: dict[str, dict[str, str]] = {
    "notat.txt": {
        "line@example.no": "line 2",
        "query@example.no": "line 3",
    },
    "u_ex.log": {
        "user@example.no": "line 2",
        "query@example.no": "line 2",
    },
    "side.html": {
        "title@example.no": "line 1",
        "body@example.no": "line 2",
        "entity@example.no": "line 4",
        "meta@example.no": "line 1",
        "comment@example.no": "line 2",
        "link@example.no": "line 3",
        "script@example.no": "line 3",
        "attached@example.no": "`embedded 1.csv`: cell row 2, column 2 «epost»",
    },
    "data.xml": {
        "attribute@example.no": "line 2",
        "comment@example.no": "line 2",
        "text@example.no": "line 3",
        "cdata@example.no": "line 3",
        "attached@example.no": "`liste.csv`: cell row 2, column 2 «epost»",
    },
    "tegning.svg": {
        "title@example.no": "line 1",
        "text@example.no": "line 2",
    },
    "data.json": {
        "key@example.no": "line 1",
        "value@example.no": "line 2",
        "escaped@example.no": "line 2",
        "inner@example.no": "line 3",
    },
    "data.jsonl": {
        "first@example.no": "line 1",
        "second@example.no": "line 2",
    },
    "liste.csv": {
        "cell@example.no": "cell row 2, column 2 «epost»",
        "quoted@example.no": "cell row 3, column 2 «epost»",
        "json@example.no": "cell row 3, column 3 «json»",
    },
    "dump.sql": {
        "schema@example.no": "line 4",
        "comment@example.no": "line 6",
        "insert@example.no": "cell «kunde», row 1, column 3 «epost»",
        "second@example.no": "cell «kunde», row 2, column 3 «epost»",
        "copy@example.no": "cell «public.kunde», row 1, column 3 «epost»",
    },
    "kontakter.vcf": {
        "quoted@example.no": "line 5",
        "folded.address@example.no": "line 11",
        "link@example.no": "line 13",
        "attached@example.no": "`VCARD 2/PHOTO`: line 2",
    },
    "moter.ics": {
        "parameter@example.no": "line 4",
        "attendee@example.no": "line 4",
        "attached@example.no": "`VEVENT 1/liste.csv`: cell row 2, column 2 «epost»",
        "description@example.no": "line 7",
    },
    "brev.eml": {
        "from@example.no": "part «header: From»",
        "to@example.no": "part «header: To»",
        "subject@example.no": "part «header: Subject»",
        "custom@example.no": "part «header: X-Kunde»",
        "body@example.no": "«body», line 2",
        "html.body@example.no": "«html body», line 1",
        "attribute@example.no": "«html body», line 1",
        "attached@example.no": "`liste på.csv`: cell row 2, column 2 «epost»",
        "nested.from@example.no": "`part-3`: part «header: From»",
        "b@example.com": "`part-3`: part «header: To»",
        "nested.body@example.no": "`part-3`: «body», line 1",
    },
    "post.mbox": {
        "separator@example.no": "`00001`: part «header: From »",
        "from@example.no": "`00001`: part «header: From»",
        "to@example.no": "`00001`: part «header: To»",
        "subject@example.no": "`00001`: part «header: Subject»",
        "custom@example.no": "`00001`: part «header: X-Kunde»",
        "body@example.no": "`00001`: «body», line 2",
        "html.body@example.no": "`00001`: «html body», line 1",
        "attribute@example.no": "`00001`: «html body», line 1",
        "attached@example.no": "`00001!liste på.csv`: cell row 2, column 2 «epost»",
        "nested.from@example.no": "`00001!part-3`: part «header: From»",
        "b@example.com": "`00001!part-3`: part «header: To»",
        "nested.body@example.no": "`00001!part-3`: «body», line 1",
        "next@example.no": "`00002`: part «header: From »",
        "second@example.no": "`00002`: part «header: From»",
        "quoted@example.no": "`00002`: «body», line 1",
    },
    "smime.p7m": {
        "certificate@example.no": "part «certificate»",
        "attached@example.no": "`message!liste.csv`: cell row 2, column 2 «epost»",
    },
    "kunder.parquet": {
        "metadata@example.no": "part «metadata: eier»",
        "cell@example.no": "cell row 1, column 1 «epost»",
        "first@example.no": "cell row 1, column 2 «alle»",
        "list@example.no": "cell row 1, column 2 «alle»",
        "struct@example.no": "cell row 1, column 4 «person.epost»",
        "nested@example.no": "`rows/2/fil!liste.csv`: cell row 2, column 2 «epost»",
    },
    "kunder.orc": {
        "cell@example.no": "cell row 1, column 1 «epost»",
        "first@example.no": "cell row 1, column 2 «alle»",
        "list@example.no": "cell row 1, column 2 «alle»",
        "struct@example.no": "cell row 1, column 4 «person.epost»",
        "nested@example.no": "`rows/2/fil!liste.csv`: cell row 2, column 2 «epost»",
    },
    "kunder.arrow": {
        "cell@example.no": "cell row 1, column 1 «epost»",
        "first@example.no": "cell row 1, column 2 «alle»",
        "list@example.no": "cell row 1, column 2 «alle»",
        "struct@example.no": "cell row 1, column 4 «person.epost»",
        "nested@example.no": "`rows/2/fil!liste.csv`: cell row 2, column 2 «epost»",
    },
    "kunder.arrows": {
        "cell@example.no": "cell row 1, column 1 «epost»",
        "first@example.no": "cell row 1, column 2 «alle»",
        "list@example.no": "cell row 1, column 2 «alle»",
        "struct@example.no": "cell row 1, column 4 «person.epost»",
        "nested@example.no": "`rows/2/fil!liste.csv`: cell row 2, column 2 «epost»",
    },
    "kunder.avro": {
        "schema@example.no": "part «metadata: avro.schema»",
        "metadata@example.no": "part «metadata: eier»",
        "cell@example.no": "cell row 1, column 1 «epost»",
        "list@example.no": "cell row 1, column 2 «alle»",
        "map@example.no": "cell row 1, column 4 «felt.value»",
        "nested@example.no": "`rows/1/fil!liste.csv`: cell row 2, column 2 «epost»",
    },
    "app.db": {
        "schema@example.no": "part «schema of kunde»",
        "cell@example.no": "cell «kunde», row 1, column 2 «epost»",
        "nested@example.no": "`kunde/rows/1/fil!liste.csv`: cell row 2, column 2 «epost»",
        "second@example.no": "cell «tegn», row 1, column 1 «navn»",
    },
    "app.db-wal": {
        "page@example.no": "«loose text of bytes 0 to 12392», line 4",
    },
    "app.db-shm": {},
    "kunder.mdb": {
        "cell@example.no": "cell «Kunder», row 1, column 2 «E-post»",
        "memo@example.no": "cell «Kunder», row 1, column 3 «Notat»",
        "nested@example.no": "`Kunder/rows/2/Fil!liste.csv`: cell row 2, column 2 «epost»",
    },
    "arkiv.zip": {
        "comment@example.no": "part «archive comment»",
        "text@example.no": "`a.txt`: line 1",
        "cell@example.no": "`mappe/b.csv`: cell row 2, column 2 «epost»",
        "nested@example.no": "`indre.zip!c.txt`: line 1",
    },
    "arkiv.tar": {
        "text@example.no": "`a.txt`: line 1",
        "cell@example.no": "`mappe/b.csv`: cell row 2, column 2 «epost»",
        "nested@example.no": "`indre.zip!c.txt`: line 1",
    },
    "arkiv.7z": {
        "text@example.no": "`a.txt`: line 1",
        "cell@example.no": "`mappe/b.csv`: cell row 2, column 2 «epost»",
        "nested@example.no": "`indre.zip!c.txt`: line 1",
    },
    "arkiv.rar": {
        "text@example.no": "`a.txt`: line 1",
        "cell@example.no": "`mappe/b.csv`: cell row 2, column 2 «epost»",
        "nested@example.no": "`indre.zip!c.txt`: line 1",
    },
    "arkiv.cab": {
        "text@example.no": "`a.txt`: line 1",
        "cell@example.no": "`mappe/b.csv`: cell row 2, column 2 «epost»",
    },
    "arkiv.cpio": {
        "text@example.no": "`a.txt`: line 1",
        "cell@example.no": "`mappe/b.csv`: cell row 2, column 2 «epost»",
        "nested@example.no": "`indre.zip!c.txt`: line 1",
    },
    "arkiv.a": {
        "text@example.no": "`a.txt`: line 1",
        "cell@example.no": "`b.csv`: cell row 2, column 2 «epost»",
    },
    "pakke.rpm": {
        "text@example.no": "`a.txt`: line 1",
        "cell@example.no": "`mappe/b.csv`: cell row 2, column 2 «epost»",
    },
    "disk.iso": {
        "ola.utgiver@example.no": "part «disc publisher»",
        "text@example.no": "`a.txt`: line 1",
        "cell@example.no": "`mappe/b.csv`: cell row 2, column 2 «epost»",
    },
    "notat.txt.gz": {
        "text@example.no": "`notat.txt`: line 1",
    },
    "notat.txt.bz2": {
        "text@example.no": "`notat.txt`: line 1",
    },
    "notat.txt.xz": {
        "text@example.no": "`notat.txt`: line 1",
    },
    "notat.txt.lzma": {
        "text@example.no": "`notat.txt`: line 1",
    },
    "notat.txt.zst": {
        "text@example.no": "`notat.txt`: line 1",
    },
    "notat.txt.lz4": {
        "text@example.no": "`notat.txt`: line 1",
    },
    "brev.uu": {
        "text@example.no": "line 1",
        "after@example.no": "line 6",
        "attached@example.no": "`liste.csv`: cell row 2, column 2 «epost»",
    },
    "kunder.dbf": {
        "cell@example.no": "cell row 1, column 1 «EPOST»",
        "deleted@example.no": "cell row 2, column 1 «EPOST»",
    },
    "oppsett.plist": {
        "value@example.no": "line 1",
        "inner@example.no": "line 2",
        "nested@example.no": "`fil`: cell row 2, column 2 «epost»",
    },
}
