"""Whether a clock time is that of the launching side, and which day it is there when the text has another zone's."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from extractors.clocks import FoundTime
from extractors.dates import FoundDate
from extractors.document import Document
from extractors.entries import Place, State

# Zones as news writes them, with the states they are kept in; those with several meanings stand under each of them. Not
# the table of `timestamps`, which has fixed offsets for machines: a reporter's "EST" in July is New York's time.
_ZONES: dict[str, tuple[tuple[str, str], ...]] = {
    "gmt": (("", "UTC"),), "utc": (("", "UTC"),), "z": (("", "UTC"),), "greenwich mean": (("", "UTC"),),
    "universal": (("", "UTC"),), "coordinated universal": (("", "UTC"),),
    "kst": (("KOR", "Asia/Seoul"),), "jst": (("JPN", "Asia/Tokyo"),), "korean": (("KOR", "Asia/Seoul"),),
    "korea": (("KOR", "Asia/Seoul"),), "ist": (("IND", "Asia/Kolkata"), ("ISR", "Asia/Jerusalem")),
    "cst": (("CHN", "Asia/Shanghai"), ("TWN", "Asia/Taipei"), ("USA", "America/Chicago")),
    "est": (("USA", "America/New_York"),), "edt": (("USA", "America/New_York"),), "et": (("USA", "America/New_York"),),
    "eastern": (("USA", "America/New_York"),), "central": (("USA", "America/Chicago"),),
    "cdt": (("USA", "America/Chicago"),), "ct": (("USA", "America/Chicago"),), "mst": (("USA", "America/Denver"),),
    "mdt": (("USA", "America/Denver"),), "mountain": (("USA", "America/Denver"),),
    "pst": (("USA", "America/Los_Angeles"),), "pdt": (("USA", "America/Los_Angeles"),),
    "pt": (("USA", "America/Los_Angeles"),), "pacific": (("USA", "America/Los_Angeles"),),
    "hst": (("USA", "Pacific/Honolulu"),), "hawaii": (("USA", "Pacific/Honolulu"),),
    "florida": (("USA", "America/New_York"),), "texas": (("USA", "America/Chicago"),),
    "california": (("USA", "America/Los_Angeles"),), "bst": (("GBR", "Europe/London"),),
    "cet": (("", "Europe/Paris"),), "cest": (("", "Europe/Paris"),), "central european": (("", "Europe/Paris"),),
    "eet": (("UKR", "Europe/Kyiv"),), "eest": (("UKR", "Europe/Kyiv"),), "msk": (("RUS", "Europe/Moscow"),),
    "pkt": (("PAK", "Asia/Karachi"),), "trt": (("TUR", "Europe/Istanbul"),), "irst": (("IRN", "Asia/Tehran"),),
    "wib": (("IDN", "Asia/Jakarta"),), "nzdt": (("NZL", "Pacific/Auckland"),), "nzst": (("NZL", "Pacific/Auckland"),),
    "aedt": (("AUS", "Australia/Sydney"),), "aest": (("AUS", "Australia/Sydney"),),
    "acst": (("AUS", "Australia/Darwin"),), "acdt": (("AUS", "Australia/Adelaide"),),
    "awst": (("AUS", "Australia/Perth"),), "ast": (("AUS", "Australia/Perth"),),
}  # fmt: skip
_BESIDE = re.compile(r"[ ,]{0,2}(?:(?:on|at|about|around|of)\s){0,2}", re.IGNORECASE)
_FILLERS = (" standard", " daylight", " summer", " local", "the ")


class LocalTime:
    """Clock times of one document seen from the launching side."""

    def __init__(self, document: Document) -> None:
        self._doc = document

    def is_local(self, time: FoundTime, country: str | None, sites: Collection[str], day: date | None) -> bool:
        """Whether the time is given as clocks show it where the launch was.

        So it is without a zone, in a zone of the launching state or of a state in `sites`, or in one whose clocks show
        the same that day. An unknown zone is none of these.
        """
        if not time.zone or time.zone.startswith("local"):
            return True
        kept, zone = self._zone(time, country)
        if kept and (kept == country or kept in sites):
            return True
        home = self._home(country)
        noon = datetime(day.year, day.month, day.day, 12) if day else None
        return bool(zone and home and noon and zone.utcoffset(noon) == home.utcoffset(noon))

    def day_at_home(self, day: date, found: FoundDate, times: Sequence[FoundTime], country: str | None) -> date:
        """The day of the launching side, where one of the times stands beside the date and is another zone's ("2230
        GMT on Sunday").
        """
        for time in times:
            gap = self._doc.normal[min(found.end, time.end) : max(found.start, time.start)]
            if time.zone and not time.zone.startswith("local") and _BESIDE.fullmatch(gap):
                return self._moved(day, time, country)
        return day

    def _moved(self, day: date, time: FoundTime, country: str | None) -> date:
        kept, zone = self._zone(time, country)
        home = self._home(country)
        if zone is None or home is None or (kept and kept == country):
            return day
        hour, minute = map(int, time.clock.split(":"))
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(home).date()

    def _home(self, country: str | None) -> ZoneInfo | None:
        state = self._doc.packs.states.get(country or "")
        return ZoneInfo(state.zone) if state is not None and state.zone else None

    def _zone(self, time: FoundTime, country: str | None) -> tuple[str, ZoneInfo | None]:
        """The state that keeps the zone, as far as it is one state's, and the zone; none where it is not known."""
        name = time.zone
        for filler in _FILLERS:
            name = name.replace(filler, "")
        known = _ZONES.get(name.strip())
        if known is not None:
            kept, zone = next((one for one in known if one[0] == country), known[0])
            return kept, ZoneInfo(zone)
        return self._of_place(time)

    def _of_place(self, time: FoundTime) -> tuple[str, ZoneInfo | None]:
        """ "Sanaa time", "Iranian time": the zone of the state that the words name."""
        for mention in self._doc.mentions_in(time.start, time.end + 40, "state", "place"):
            written = self._doc.normal[mention.start : mention.end].lower()
            if written not in time.zone:
                continue
            entry = mention.entry
            countries = entry.country if isinstance(entry, Place) else ()
            code = entry.code if isinstance(entry, State) else next(iter(countries), "")
            if code:
                return code, self._home(code)
        return "", None
