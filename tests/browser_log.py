"""What a page asked for over the network, from a driver's performance log."""

from __future__ import annotations

import json
from typing import Any


def requests(driver: Any) -> list[str]:
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [url for url in sent if not url.startswith(("file:///", "data:", "chrome:"))]
