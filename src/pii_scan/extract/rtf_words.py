"""What the control words of RTF mean to a reader of text: tables only (RTF Specification 1.9.1, [MS-OXRTFEX])."""

from __future__ import annotations

CHARACTERS: dict[bytes, str] = {
    b"par": "\n", b"line": "\n", b"row": "\n", b"nestrow": "\n", b"sect": "\n", b"page": "\n", b"column": "\n",
    b"softline": "\n", b"softpage": "\n", b"lbr": "\n", b"tab": "\t", b"cell": "\t", b"nestcell": "\t",
    b"emdash": "\u2014", b"endash": "\u2013", b"bullet": "\u2022", b"lquote": "\u2018", b"rquote": "\u2019",
    b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"emspace": " ", b"enspace": " ", b"qmspace": " ",
    b"hlloc": " ", b"hlsrc": " ", b"hlfr": " ",
}  # fmt: skip
"""Control words that stand for a character."""

SYMBOLS: dict[bytes, str] = {
    b"\\": "\\", b"{": "{", b"}": "}", b"~": " ", b"_": "-", b"\r": "\n", b"\n": "\n", b"\t": "\t",
}  # fmt: skip
"""Control symbols that stand for a character: `\\~` is a blank that does not break, `\\_` such a hyphen."""

FLOWS: dict[bytes, str] = {
    b"header": "header", b"headerl": "header", b"headerr": "header", b"headerf": "header",
    b"footer": "footer", b"footerl": "footer", b"footerr": "footer", b"footerf": "footer",
    b"footnote": "footnotes", b"annotation": "comments", b"atnid": "comments", b"atnauthor": "comments",
    b"shptxt": "text boxes", b"dptxbxtext": "text boxes", b"hl": "links of drawings", b"revtbl": "authors of changes",
    b"protusertbl": "users", b"docvar": "document variables", b"formfield": "form fields", b"bkmkstart": "bookmarks",
    b"filetbl": "linked files", b"xmlattrname": "other text", b"xmlattrvalue": "other text", b"mailmerge": "mail merge",
    b"objname": "objects", b"objalias": "objects", b"objsect": "objects",
}  # fmt: skip
"""Destinations whose text is a part of its own, and what it is called."""

SPACED = frozenset(FLOWS.values()) - {"header", "footer", "footnotes", "comments", "text boxes"} | {"other text"}
"""Parts in which a group is a value of its own."""

PROPERTIES: dict[bytes, str] = {
    b"title": "title", b"subject": "subject", b"author": "creator", b"operator": "lastModifiedBy",
    b"manager": "Manager", b"company": "Company", b"category": "category", b"keywords": "keywords",
    b"comment": "description", b"doccomm": "description", b"hlinkbase": "HyperlinkBase", b"template": "Template",
    b"generator": "Application",
}  # fmt: skip
"""Destinations that hold a document property, by the name that Office Open XML gives it."""

SHAPE_TEXTS = frozenset({"gtextUNICODE", "wzDescription", "wzTooltip", "pibName", "wzSigSetupSuggSigner",
                         "wzSigSetupSuggSigner2", "wzSigSetupSuggSignerEmail", "wzSigSetupSignInst"})  # fmt: skip
"""Properties of a drawing that hold text a person wrote."""

TEXTLESS = frozenset(
    b"colortbl stylesheet listtable listoverridetable themedata colorschememapping latentstyles rsidtbl xmlnstbl "
    b"datafield pntext pn pnseclvl fontemb fontfile blipuid oleclsid objtime password passwordhash "
    b"writereservhash wgrffmtfilter pgdsctbl pgptbl panose atrfstart atrfend atnref atndate atntime atnicn bkmkend "
    b"listpicture nonesttables mhtmltag defchp defpap mmathPr fldtype aftnsep aftnsepc aftncn ftnsep ftnsepc ftncn "
    b"nonshppict shprslt expandedcolortbl ebcstart ebcend tblstylepr falt fname".split()
)
"""Destinations that hold no text of the document: tables, codes, fallbacks that repeat."""

HOLLOW = frozenset(b"shpinst sp object info userprops shp shpgrp do picprop".split())
"""Groups whose own text means nothing while groups within them may hold some."""

PICTURES = {b"pngblip": "png", b"jpegblip": "jpg", b"emfblip": "emf", b"wmetafile": "wmf", b"dibitmap": "dib",
            b"macpict": "pict", b"wbitmap": ""}  # fmt: skip
"""Control words that say the format of a picture."""
