"""What Outlook properties are called: ids of [MS-OXPROPS], for people to find a value by. Tables and look-ups only."""

from __future__ import annotations

from pii_scan.extract.mapi_object import NamedKey
from pii_scan.model import printable

MAPI = "00020328-0000-0000-C000-000000000046"
PUBLIC_STRINGS = "00020329-0000-0000-C000-000000000046"
INTERNET_HEADERS = "00020386-0000-0000-C000-000000000046"
ADDRESS = "00062004-0000-0000-C000-000000000046"
APPOINTMENT = "00062002-0000-0000-C000-000000000046"
TASK = "00062003-0000-0000-C000-000000000046"
COMMON = "00062008-0000-0000-C000-000000000046"
LOG = "0006200A-0000-0000-C000-000000000046"
NOTE = "0006200E-0000-0000-C000-000000000046"
SHARING = "00062040-0000-0000-C000-000000000046"
MEETING = "6ED8DA90-450B-101B-98DA-00AA003F1305"

MESSAGE_CLASS, SUBJECT, HEADERS, BODY, RTF, HTML = 0x001A, 0x0037, 0x007D, 0x1000, 0x1009, 0x1013
RECIPIENT_TYPE, DISPLAY_NAME, EMAIL, SMTP = 0x0C15, 0x3001, 0x3003, 0x39FE
MESSAGE_CODE_PAGE, INTERNET_CODE_PAGE, LOCALE = 0x3FFD, 0x3FDE, 0x3FF1
ATTACH_DATA, ATTACH_METHOD, ATTACH_NAME, ATTACH_LONG_NAME, ATTACH_MIME = 0x3701, 0x3705, 0x3704, 0x3707, 0x370E
GENDER = 0x3A4D
MESSAGE_ID, SEARCH_KEY = 0x1035, 0x300B
RECIPIENTS = {0: "from", 1: "to", 2: "cc", 3: "bcc"}

WELL_KNOWN = {
    SUBJECT: "subject", 0x0E1D: "subject without prefix", 0x0070: "conversation topic", 0x0C1A: "sender name",
    0x0C1F: "sender address", 0x5D01: "sender e-mail", 0x0042: "from name", 0x0065: "from address",
    0x5D02: "from e-mail", 0x0050: "reply-to names", 0x004F: "reply-to", 0x0E04: "to names", 0x0E03: "cc names",
    0x0E02: "bcc names", 0x0040: "received by name", 0x0076: "received by address", 0x5D07: "received by e-mail",
    0x0044: "received for name", 0x0078: "received for address", 0x5D08: "received for e-mail",
    0x1035: "message id", 0x1039: "references", 0x1042: "in reply to", DISPLAY_NAME: "display name",
    EMAIL: "e-mail address", SMTP: "SMTP address", 0x3004: "comment", MESSAGE_CLASS: "message class",
    0x0039: "submit time", 0x0E06: "delivery time",
}  # fmt: skip
"""What is on most items: named without their number."""

LABELS = {
    0x0029: "read receipt name", 0x003B: "sent representing search key", 0x003F: "received by entry id",
    0x0041: "from entry id", 0x0043: "received for entry id", 0x0049: "original subject",
    0x004D: "original author name",
    0x0051: "received by search key", 0x0052: "received for search key", 0x005A: "original sender name",
    0x005B: "original sender entry id", 0x005D: "original from name", 0x005E: "original from entry id",
    0x0064: "from address type", 0x0C1E: "sender address type", 0x3613: "container class",
    0x0066: "original sender address type", 0x0067: "original sender address", 0x0069: "original from address",
    0x0072: "original bcc names", 0x0073: "original cc names", 0x0074: "original to names",
    0x007B: "original author address", 0x0C06: "non-receipt reason", 0x0C19: "sender entry id",
    0x0C1D: "sender search key", 0x0C1B: "supplementary information", 0x0C25: "sender SMTP",
    0x0E28: "primary send account", 0x0E29: "next send account", 0x1001: "report text", 0x0FF6: "instance key",
    0x1008: "RTF synchronisation text", 0x1015: "body content id", 0x1043: "list help", 0x1044: "list subscribe",
    0x1045: "list unsubscribe", 0x10F3: "message link", 0x10F4: "attachment link", 0x3002: "address type",
    0x300B: "search key", 0x0FFF: "entry id", 0x3703: "file extension", 0x3708: "short path", 0x370D: "path",
    0x3712: "content id", 0x3713: "content location", ATTACH_NAME: "short file name", ATTACH_LONG_NAME: "file name",
    ATTACH_MIME: "media type", 0x39FF: "account", 0x3A00: "account", 0x3A01: "alternate recipient",
    0x3A02: "callback phone", 0x3A05: "generation", 0x3A06: "given name", 0x3A07: "government id",
    0x3A08: "business phone", 0x3A09: "home phone", 0x3A0A: "initials", 0x3A0B: "keywords", 0x3A0C: "language",
    0x3A0D: "location", 0x3A0F: "common name", 0x3A10: "organisational id", 0x3A11: "surname",
    0x3A12: "original entry id", 0x3A15: "postal address", 0x3A16: "company", 0x3A17: "title",
    0x3A18: "department", 0x3A19: "office", 0x3A1A: "primary phone", 0x3A1B: "business phone 2",
    0x3A1C: "mobile phone", 0x3A1D: "radio phone", 0x3A1E: "car phone", 0x3A1F: "other phone",
    0x3A20: "transmittable name", 0x3A21: "pager", 0x3A22: "user certificate", 0x3A23: "primary fax",
    0x3A24: "business fax", 0x3A25: "home fax", 0x3A26: "country", 0x3A27: "city", 0x3A28: "county",
    0x3A29: "street", 0x3A2A: "postal code", 0x3A2B: "post box", 0x3A2C: "telex", 0x3A2D: "ISDN",
    0x3A2E: "assistant phone", 0x3A2F: "home phone 2", 0x3A30: "assistant", 0x3A40: "rich text",
    0x3A41: "wedding anniversary", 0x3A42: "birthday", 0x3A43: "hobbies", 0x3A44: "middle name",
    0x3A45: "name prefix", 0x3A46: "profession", 0x3A47: "referred by", 0x3A48: "spouse",
    0x3A49: "computer network", 0x3A4A: "customer id", 0x3A4B: "text telephone", 0x3A4C: "FTP site",
    GENDER: "gender", 0x3A4E: "manager", 0x3A4F: "nickname", 0x3A50: "personal home page",
    0x3A51: "business home page", 0x3A57: "company phone", 0x3A58: "children", 0x3A59: "home city",
    0x3A5A: "home country", 0x3A5B: "home postal code", 0x3A5C: "home county", 0x3A5D: "home street",
    0x3A5E: "home post box", 0x3A5F: "other city", 0x3A60: "other country", 0x3A61: "other postal code",
    0x3A62: "other county", 0x3A63: "other street", 0x3A64: "other post box", 0x3A70: "user certificate",
    0x3FF8: "created by", 0x3FFA: "modified by", 0x4022: "creator address", 0x4023: "creator address",
    0x4024: "modifier address type", 0x4025: "modifier address", 0x4030: "sender simple name",
    0x4031: "from simple name", 0x4034: "received by simple name", 0x4035: "received for simple name",
    0x4038: "creator simple name", 0x4039: "modifier simple name", 0x5D09: "creator e-mail",
    0x5D0A: "modifier e-mail", 0x5FF6: "recipient name", 0x5FF7: "recipient entry id", 0x5FE5: "sent by e-mail",
    0x6648: "folder name", 0x7C07: "roaming dictionary", 0x7C08: "roaming XML",
}  # fmt: skip

_ADDRESS = {
    0x8005: "file as", 0x801A: "home address", 0x801B: "business address", 0x801C: "other address",
    0x802B: "web page", 0x802C: "yomi given name", 0x802D: "yomi surname", 0x802E: "yomi company",
    0x8045: "business street", 0x8046: "business city", 0x8047: "business county", 0x8048: "business postal code",
    0x8049: "business country", 0x804A: "business post box", 0x804F: "user field 1", 0x8050: "user field 2",
    0x8051: "user field 3", 0x8052: "user field 4", 0x8053: "list name", 0x8054: "members",
    0x8055: "member entry ids", 0x8062: "instant messaging", 0x8064: "members", 0x80DE: "birthday",
    0x80DF: "wedding anniversary", 0x80D8: "internet free/busy address", 0x80DD: "address country code",
    0x80B2: "fax 1 name", 0x80B4: "fax 1 address", 0x80C2: "fax 2 name", 0x80C4: "fax 2 address",
    0x80D2: "fax 3 name", 0x80D4: "fax 3 address",
} | {
    0x8080 + 0x10 * number + at: f"e-mail {number + 1} {what}"
    for number in range(3)
    for at, what in ((0, "display name"), (2, "address type"), (3, "address"), (4, "original name"), (5, "entry id"))
}  # fmt: skip

NAMED_LABELS: dict[NamedKey, str] = {
    **{(ADDRESS, number): label for number, label in _ADDRESS.items()},
    (APPOINTMENT, 0x8208): "location", (APPOINTMENT, 0x820D): "start", (APPOINTMENT, 0x820E): "end",
    (APPOINTMENT, 0x8216): "recurrence", (APPOINTMENT, 0x8230): "unsent attendees",
    (APPOINTMENT, 0x8232): "recurrence pattern", (APPOINTMENT, 0x8238): "all attendees",
    (APPOINTMENT, 0x823B): "to attendees", (APPOINTMENT, 0x823C): "cc attendees",
    (APPOINTMENT, 0x8240): "online password", (APPOINTMENT, 0x8243): "organizer alias",
    (APPOINTMENT, 0x8248): "collaboration document", (APPOINTMENT, 0x8249): "online meeting address",
    (TASK, 0x811F): "task owner", (TASK, 0x8121): "task assigner",
    (TASK, 0x8122): "task last user", (TASK, 0x8127): "task role", (TASK, 0x8117): "task assigners",
    (COMMON, 0x8524): "signed by", (COMMON, 0x8530): "flag text", (COMMON, 0x8534): "mileage",
    (COMMON, 0x8535): "billing", (COMMON, 0x8539): "companies", (COMMON, 0x853A): "contacts",
    (COMMON, 0x8580): "internet account", (COMMON, 0x8581): "internet account id", (COMMON, 0x8584): "linked contacts",
    (COMMON, 0x8585): "contact entry ids", (COMMON, 0x8586): "contact names", (LOG, 0x8700): "journal type",
    (LOG, 0x8711): "journal type text", (MEETING, 0x0002): "where", (MEETING, 0x0003): "meeting id",
    (MEETING, 0x0023): "clean meeting id", (PUBLIC_STRINGS, "Keywords"): "categories",
}  # fmt: skip

DATES = {0x3A41, 0x3A42}
MOMENTS = {0x0039, 0x0E06}
"""When a message was sent and when it came: how old it is."""
NAMED_BIRTHDAYS: set[NamedKey] = {(ADDRESS, 0x80DE), (ADDRESS, 0x80DF)}
NAMED_DATES: set[NamedKey] = NAMED_BIRTHDAYS | {(APPOINTMENT, 0x820D), (APPOINTMENT, 0x820E)}
"""Points in time that say something of a person; the others are when a program did something."""

_MAX_NAME = 80


def label(number: int) -> str:
    """The name of a property as part of a document.

    >>> label(0x0037), label(0x3A08), label(0x6712)
    ('subject', 'property 0x3A08 business phone', 'property 0x6712')
    """
    if number in WELL_KNOWN:
        return WELL_KNOWN[number]
    return f"property 0x{number:04X} {LABELS.get(number, '')}".rstrip()


def named_label(key: NamedKey) -> str:
    """The name of a named property.

    >>> named_label((ADDRESS, 0x8083)), named_label((PUBLIC_STRINGS, "x-kunde")), named_label(("", 0x8099))
    ('named property 0x8083 e-mail 1 address', 'named property x-kunde', 'named property 0x8099')
    """
    name = key[1] if isinstance(key[1], str) else f"0x{key[1]:04X}"
    return f"named property {printable(name[:_MAX_NAME])} {NAMED_LABELS.get(key, '')}".rstrip()
