"""Windows and Macintosh code page numbers and character sets as names of Python codecs.

The numbers are those of the Windows registry ("Code Page Identifiers"); the character sets those of LOGFONT
([MS-WMF] 2.1.1.5). Used wherever a Microsoft format names its encoding by a number.
"""

from __future__ import annotations

from functools import lru_cache

from pii_scan.extract import charset

_NAMES = {
    0: "cp1252", 708: "iso8859-6", 709: "iso8859-6", 720: "cp720", 870: "cp500", 936: "gbk", 1200: "utf-16-le",
    1201: "utf-16-be", 1361: "johab", 10000: "mac-roman", 10001: "shift_jis", 10002: "big5", 10003: "euc_kr",
    10004: "iso8859-6", 10005: "cp1255", 10006: "mac-greek", 10007: "mac-cyrillic", 10008: "gb2312",
    10010: "mac-romanian", 10017: "mac-cyrillic", 10021: "cp874", 10029: "mac-latin2", 10079: "mac-iceland",
    10081: "mac-turkish", 10082: "mac-croatian", 12000: "utf-32-le", 12001: "utf-32-be", 20127: "cp1252",
    20866: "koi8-r", 20932: "euc_jp", 20936: "gb2312", 20949: "euc_kr", 21866: "koi8-u", 28605: "iso8859-15",
    32768: "mac-roman", 32769: "cp1252", 38598: "iso8859-8", 50220: "iso2022_jp", 50221: "iso2022_jp",
    50222: "iso2022_jp", 50225: "iso2022_kr", 51932: "euc_jp", 51936: "gb2312", 51949: "euc_kr", 51950: "big5",
    52936: "hz", 54936: "gb18030", 65000: "utf-7", 65001: "utf-8",
}  # fmt: skip
_CHARSETS = {
    0: 1252, 2: 1252, 77: 10000, 78: 10001, 79: 10003, 80: 10008, 81: 10002, 83: 10005, 84: 10004, 85: 10006,
    86: 10081, 87: 10021, 88: 10029, 89: 10007, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253,
    162: 1254, 163: 1258, 177: 1255, 178: 1256, 179: 1256, 180: 1256, 181: 1255, 186: 1257, 204: 1251, 222: 874,
    238: 1250, 254: 437, 255: 850,
}  # fmt: skip


@lru_cache(maxsize=256)
def codec(number: int) -> str | None:
    """The codec of a code page, or None where it is unknown.

    >>> codec(1252), codec(65001), codec(28591), codec(865), codec(4711)
    ('cp1252', 'utf-8', 'cp1252', 'cp865', None)
    """
    name = _NAMES.get(number)
    if name is None and 28592 <= number <= 28606:
        name = f"iso8859-{number - 28590}"
    if name is None and number == 28591:
        name = "cp1252"
    return charset.known(name or f"cp{number}")


def charset_codec(number: int) -> str | None:
    """The codec of a LOGFONT character set; None for the default set (1) and unknown ones.

    >>> charset_codec(0), charset_codec(204), charset_codec(1)
    ('cp1252', 'cp1251', None)
    """
    page = _CHARSETS.get(number)
    return None if page is None else codec(page)
