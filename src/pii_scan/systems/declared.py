"""What the user says of whole targets: from which system a document is that does not tell by itself."""

from __future__ import annotations

from pii_scan.config import Config
from pii_scan.errors import ConfigError, nearest
from pii_scan.systems.profiles import load_profiles


def check_declared(config: Config) -> None:
    """Raises ConfigError, with file, line and the nearest right name, where a target is said to be of a system that no
    profile describes, be it built in or the user's own.
    """
    targets = [one for one in config.estate.targets.values() if one.system]
    if not targets:
        return
    table, _ = load_profiles(config.systems)
    for one in targets:
        if one.system not in table.by_id:
            raise ConfigError(f"{one.where}: there is no system {one.system!r}", nearest(one.system, table.by_id))
