from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Month:
    month: date
    basis: str
    records: int
    oldest: date
    youngest: date


class RecordDates:
    def __init__(self, as_of):
        pass

    def observe(self, ref, batch):
        pass

    def finish(self, ref):
        return []
