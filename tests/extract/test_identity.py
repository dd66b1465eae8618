"""One identity for one item, whatever format it is in; none where it says none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from extract.msg_made import BINARY, STRING, Message, msg

EML = "From: a@example.no\r\nMessage-ID: <1@example.no>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
PART = "--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n--b--\r\n"
MAIL = {"internetMessageId": "<1@example.no>", "subject": "x", "body": {"content": "hei"}}


def msg_of(*properties: tuple[int, int, Any]) -> bytes:
    return msg(Message([(0x1A, STRING, "IPM.Note"), *properties]))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.eml", (EML + PART).encode()),
        ("b.eml", (EML.replace("<1@example.no>", "\r\n <1@example.no>") + PART).encode()),
        ("a.msg", msg_of((0x1035, STRING, "<1@example.no>"))),
        ("b.msg", msg_of((0x007D, STRING, "Received: x\r\nMessage-Id: <1@example.no>\r\nTo: y\r\n"))),
        ("a.json", json.dumps(MAIL).encode()),
    ],
)
def test_a_message_has_the_identity_of_its_message_id(read: Any, name: str, data: bytes) -> None:
    assert read(data, name).done[name].identity == "mail:1@example.no"


def test_an_attachment_has_the_identity_of_its_message_and_its_path(read: Any) -> None:
    done = read((EML + PART).encode(), "a.eml").done
    assert done["a.eml!a.txt"].identity == "mail:1@example.no\0a.txt"


def test_an_attached_message_has_an_identity_of_its_own(read: Any) -> None:
    inner = EML.replace("1@example.no", "2@example.no").replace("boundary=b", "boundary=c") + PART.replace("--b", "--c")
    outer = EML + "--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + "--b--\r\n"
    done = read(outer.encode(), "a.eml").done
    identities = sorted(item.identity for item in done.values())
    assert identities == ["mail:1@example.no", "mail:2@example.no", "mail:2@example.no\0a.txt"]


def test_an_item_without_a_message_id_has_that_of_its_search_key(read: Any) -> None:
    key = bytes(range(16))
    assert read(msg_of((0x300B, BINARY, key)), "a.msg").done["a.msg"].identity == f"key:{key.hex()}"
    assert read(msg_of((0x300B, BINARY, bytes(16))), "a.msg").done["a.msg"].identity == ""


@pytest.mark.parametrize(
    ("change", "identity"),
    [
        ({}, "teams:19:a@thread.v2/7"),
        ({"chatId": None, "channelIdentity": {"teamId": "t", "channelId": "19:b"}}, "teams:19:b/7"),
        ({"chatId": None}, ""),
        ({"id": 7}, ""),
        ({"id": "x" * 2000}, ""),
    ],
)
def test_a_teams_message_is_known_by_its_id_within_its_thread(read: Any, change: Any, identity: str) -> None:
    message = {"id": "7", "messageType": "message", "chatId": "19:a@thread.v2", "body": {"content": "x"}, **change}
    assert read(json.dumps(message).encode(), "a.json").done["a.json"].identity == identity


def test_a_page_of_messages_has_the_identity_of_all_of_them(read: Any) -> None:
    def identity(*numbers: str, **more: Any) -> str:
        page = [{"id": n, "messageType": "message", "chatId": "19:a", "body": {"content": "x"}} for n in numbers]
        data = json.dumps({**more, "value": page} if more else page).encode()
        own: str = read(data, "a.json").done["a.json"].identity
        return own

    assert identity("1", "2") == identity("2", "1") == identity("1", "2", **{"@odata.count": 2}) != ""
    assert identity("1", "2") != identity("1") and identity("1", "") == "" and identity() == ""


@pytest.mark.parametrize("name", ["a.eml", "a.json", "a.txt", "a.csv"])
def test_what_is_no_message_has_none(read: Any, name: str) -> None:
    for data in (b'{"messageType": [', b'["internetMessageId"]', b"Message-ID:\r\n\r\nx", b"a,b\n1,2\n"):
        assert {item.identity for item in read(data, name).done.values()} == {""}
