"""What makes one item the same item wherever a copy of it lies: Message-ID, search key, the id of a Teams message.

Found by the readers of mail-like formats and set on the Document; members inherit it with their path. It is claimed by
the item itself and can be forged: `inventory.copies` believes it only where the values found agree.
"""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from typing import Any

from pii_scan.errors import DocumentError
from pii_scan.extract import mapi_names
from pii_scan.extract.mapi_object import MapiObject, Value
from pii_scan.model import Document

MAX_CHARS = 998
"""A longer id is none: RFC 5322, section 2.1.1, the longest line."""
MAX_JSON_BYTES = 1 << 20
"""A larger JSON document is not looked through for messages."""

_FIELD = re.compile(r"^message-id:[ \t]*(?:\r?\n[ \t]+)?([^\r\n]{1,1000})", re.IGNORECASE | re.MULTILINE)
_SIGNS = (b'"internetMessageId"', b'"messageType"')


def of_message_id(text: str) -> str:
    """The identity that a Message-ID gives (RFC 5322, section 3.6.4), empty where it is none.

    >>> of_message_id(" <1@example.no> "), of_message_id("<>"), of_message_id("1@example.no")
    ('mail:1@example.no', '', 'mail:1@example.no')
    """
    own = "".join(text.split()).strip("<>")
    return f"mail:{own}" if 0 < len(own) <= MAX_CHARS else ""


def of_headers(fields: list[tuple[str, str]]) -> str:
    """The identity of a message by its header fields (names as written, values decoded)."""
    return next((of_message_id(value) for name, value in fields if name.lower() == "message-id"), "")


def of_item(item: MapiObject) -> str:
    """The identity of an Outlook item of any class: PidTagInternetMessageId, the field in its transport headers, or
    else PidTagSearchKey, which a copy of an item keeps ([MS-OXCPRPT] 2.2.1.9). Damaged properties count as missing.
    """
    found = _property(item, mapi_names.MESSAGE_ID)
    if isinstance(found, str) and (own := of_message_id(found)):
        return own
    headers = _property(item, mapi_names.HEADERS)
    if isinstance(headers, str) and (match := _FIELD.search(headers)) and (own := of_message_id(match[1])):
        return own
    key = _property(item, mapi_names.SEARCH_KEY)
    return f"key:{key.hex()}" if isinstance(key, bytes) and 16 <= len(key) <= 64 and any(key) else ""


def of_json(document: Document) -> str:
    """The identity of a document that is one message of Microsoft Graph: `internetMessageId` of a mail; of a Teams
    message its `id`, which is unique only within its chat or channel. Of a page of such messages: of all of them.
    Leaves the content where it stood.

    https://learn.microsoft.com/graph/api/resources/chatmessage
    """
    content = document.content
    at = content.tell()
    data = content.read(MAX_JSON_BYTES + 1)
    content.seek(at)
    if len(data) > MAX_JSON_BYTES or not any(sign in data for sign in _SIGNS):
        return ""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    if isinstance(value, dict) and isinstance(value.get("value"), list):
        value = value["value"]
    if not isinstance(value, list):
        return of_graph_message(value)
    found = [of_graph_message(one) for one in value]
    return f"list:{blake2b(repr(sorted(found)).encode()).hexdigest()}" if found and all(found) else ""


def of_graph_message(value: Any) -> str:
    """The identity of a message as Microsoft Graph gives it, empty where it has none or is no message."""
    if not isinstance(value, dict):
        return ""
    mail = value.get("internetMessageId")
    if isinstance(mail, str):
        return of_message_id(mail)
    channel = value.get("channelIdentity")
    thread = value.get("chatId") or (channel.get("channelId") if isinstance(channel, dict) else None)
    number = value.get("id")
    if "messageType" not in value or not isinstance(thread, str) or not isinstance(number, str) or not number:
        return ""
    own = f"teams:{thread}/{number}"
    return own if len(own) <= MAX_CHARS else ""


def _property(item: MapiObject, number: int) -> Value | None:
    try:
        return item.properties.get(number)
    except DocumentError:  # told of when the properties are read
        return None
