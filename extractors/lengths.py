"""What a length in a sentence says of a flight: how far it went, how high it rose, or nothing.

    "flew 430 km" -> distance        "peaked at 6,150 km" -> apogee
    "can reach 2,000 km", "fell 250 km off the coast", "24 km from Pyongyang" -> None

The words that decide stand in the length's own clause: motion or height before it, direction or height after it.
"""

from __future__ import annotations

import re
from typing import Literal

from extractors.document import Document
from extractors.quantities import Measure

_CLAUSE_START = re.compile(
    r"[;:—]|,\s(?:and|but|while|which|who|where|when)\s|\b(?:and(?!\s\d)|while|but|where|who|whose|when|although|because)\b",
    re.IGNORECASE,
)
_UPWARD = (
    r"(?:climb\w*|ros[ei]\w*|rises?|rising|soar\w*|peak\w*|ascend\w*|top|tops|topped|topping|lofted|maxed|max(?:es|ing)|crested"
    r"|shot\sup|went\sup|go(?:es|ing)?\sup|(?:highest\s)?arc)"
)
_HEIGHT_BEFORE = re.compile(
    r"(?:altitudes?|heights?|apogees?|peaks?|crests?|summit|high|ceiling|(?:highest|top|uppermost)\s(?:point|arc))"
    r"(?:\s(?:of|was|were|at|to|reached|reaching|touched|being|is|put|between|from)|,)*\s(?:\w+\s){0,4}$"
    rf"|\b{_UPWARD}(?:\s(?:out|past|above|beyond|higher\sthan|no\shigher\sthan))*"
    r"(?:\s(?:to|at|up\sto|as\shigh\sas|touched|between))?\s(?:(?!for\b|down\w*\b)\w+\s){0,4}$"
    r"|as\shigh\sas\s(?:\w+\s){0,3}$|higher\sthan\s(?:\w+\s){0,3}$|up\sto\sa\s(?:height|altitude)\sof\s(?:\w+\s){0,3}$"
    r"|\binto\sspace\b|\bon\sa\slofted\s\w+\s(?:to|of)\s(?:\w+\s){0,2}$",
    re.IGNORECASE,
)
_REACHED = re.compile(
    r"\b(?:reach(?:ed|es|ing)|attain(?:ed|s|ing)|touch(?:ed|es|ing)|got\s(?:up\s)?to|got\sas\sfar\sup\sas)\s"
    r"(?:(?:about|around|some|roughly|nearly|almost|over|more|than|at|least|just|only|an?|estimated|approximately)\s){0,4}$",
    re.IGNORECASE,
)
_BROKE_AT = re.compile(
    r"\b(?:explod\w+|broke\w*|br[eo]ak\w*|disintegrat\w+|bl[eo]w\w*\s(?:up|apart)|burst\w*|fail\w+|cut\sout|t[eo]re\w*"
    r"|destroy\w+|ran\sout|end(?:ed|s))\b[^,;]{0,30}\bat\s(?:about\s|around\s|some\s|roughly\s)?$",
    re.IGNORECASE,
)
_HEIGHT_AFTER = re.compile(
    r"^[\s-]{0,2}(?:high\b|in\saltitude|in\sheight|up\b(?!\sto|range)|above\b|into\sspace|altitude|in\sthe\s(?:air|sky)|at\sits\s(?:highest|peak)"
    r"|,\sthe\s(?:top|peak|height|summit)\b|overhead)",
    re.IGNORECASE,
)
_OF_ALTITUDE = re.compile(r"altitude|height|apogee|high", re.IGNORECASE)
_OF_PAYLOAD = re.compile(
    r"\b(?:satellites?|payloads?|orbit\w*|spacecraft|cubesats?|let\sgo|released|deployed|separat\w+|inject\w*|insert\w*"
    r"|space\sstation|constellation)\b",
    re.IGNORECASE,
)
_FLIGHT = re.compile(
    r"\b(?:fl[ey]w|fl(?:ies|y|ying|own)|flights?|journey\w*|travel\w*|cover(?:s|ed|ing)?|ranged|ranges\s(?:varied|were|of|from)"
    r"|distances?|downrange|down\srange|land(?:ed|s|ing)?|f[ae]ll(?:s|en|ing)?|splash(?:ed|es|ing)|c[ao]m(?:e|es|ing)\sdown"
    r"|plung\w+|dropp?(?:ed|s|ing)|crash\w+|slammed|sail\w+|soar\w+|arc(?:ed|s|ing)|streak\w+|cross\w+|skimm?\w+|skipp\w+"
    r"|glid(?:ed|es|ing)|manag(?:ed|es)|went|gone|goes|lost|disappear\w+|vanish\w+|carried|took\s(?:it|them)|cruis\w+"
    r"|hurtl\w+|sped|zoom\w+|rac(?:ed|ing)|roar\w+|snak\w+|weav\w+|stray(?:ed|s|ing)|wander\w+|drift\w+|range\sat)\b[^;]{0,60}$",
    re.IGNORECASE,
)
_OVER_A_STRETCH = re.compile(
    r"\b(?:across|for|over(?:\sa\s(?:distance|range)\sof)?|a\sdistance\sof)\s(?:\w+\s){0,3}$", re.IGNORECASE
)
_SENT = re.compile(
    r"\b(?:hit|hits|hitting|struck|strik\w+|target\w*|fir(?:ed|es|ing)|launch\w*|lobb\w+|sent|sends?|shot|shoots?|hurl\w*|loos\w+"
    r"|aimed|destroyed|boat|mark|ship|hulk|br[eo]ak\w*\sup|broke\sup|explod\w+|end(?:ed|ing))\b[^;]{0,60}$",
    re.IGNORECASE,
)
_FAR_AFTER = re.compile(
    r"^[\s,]{0,2}(?:away\b(?!\sfrom\s(?:the|its)?\s?(?!launch|start|fir))|downrange|down\srange|distant|inland\b|out\b(?!side)|off\b(?!\s(?:the|its|course))"
    r"|from\s(?:(?:the|its|their|where|a)\s)?(?:launch\w*|start\w*|firing|point\sof|origin|pad\b|silo|rail|it\swas|they\swere)"
    r"|to\sthe\stest|on\b,?(?!\s(?:a|the)\b))",
    re.IGNORECASE,
)
_PLACE_AFTER = re.compile(
    r"^[\s,]{0,2}(?:(?:to\s(?:the\s)?)?(?:north|south|east|west)[\w-]*\s(?:of|off|from)\b|off\b|from\b|outside|inside|short\sof|wide\b"
    r"|of\s(?:the\s)?(?:coast|border|shore)|long\b|sideways|per\s|an\shour|/h|a\ssecond|into\sthe\s(?:country|interior)|deep\b|away\sfrom\b"
    r"|or\sless|within|offshore)",
    re.IGNORECASE,
)
_AS_MODIFIER = re.compile(
    r"^[\s-]?(?:range|reach|class|radius|capable|long|wide|strong|limit|border|frontier|coast|k[aá]rm[aá]n|line)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\b(altitude|height|apogee|range|distance)\s?:\s(?:\w+\s){0,2}$", re.IGNORECASE)
_RANGE = re.compile(
    r"(?<!maximum\s)(?<!with\sa\s)(?<!has\sa\s)\brange\s(?:(?:of|was|at|to|being|about|around|some|roughly|nearly|over)\s){0,3}$",
    re.IGNORECASE,
)
_FLIGHT_AFTER = re.compile(r"^[\s-]?(?:flight|journey|trip|arc|trajectory|distance)\b", re.IGNORECASE)
_ABLE = re.compile(
    r"\b(?:can|could|capable|able|range\sof|ranges\sof|reach\sof|within|designed|meant|supposed\sto|intended\sto|expected\sto|should|maximum\srange|potential|would|theoretical\w*"
    r"|estimated\srange|up\sto|with\sa\srange|beyond|limit|radius|accuracy|range\s(?:is|was)\s(?:put|given|estimated)|nominal|rated)\b[^.;,]{0,60}$",
    re.IGNORECASE,
)
_MODAL = re.compile(
    r"\b(?:can|could|may|might|would|should|capable|able|designed|meant|supposed|intended|expected|potential\w*)\b[^.;,]{0,60}$",
    re.IGNORECASE,
)
_TO = re.compile(r"\bto\s(?:(?:about|around|some)\s)?$", re.IGNORECASE)
_AT = re.compile(r"\W*at\s(?:(?:about|around|some|nearly|over|roughly)\s)?", re.IGNORECASE)
_FARTHEST = re.compile(r"\b(?:farthest|furthest|longest)\b", re.IGNORECASE)
_UNREAL = re.compile(r"\b(?:would|could|might|should)(?:\s\w+)?\shave\b", re.IGNORECASE)
_DID = re.compile(
    r"(?<!of\s)(?<!to\s)(?<!for\s)\b(?:flew|travel(?:l?ed|s)|covered|flying|covering|landed|fell|splashed|came\sdown|hit|struck|reached|plunged)\b"
    r"[^.;]{0,60}$",
    re.IGNORECASE,
)
_NO_FLYER = re.compile(
    r"\b(?:debris|remains|casings?|spent|(?<!-)stages?|boosters?|wreckage|fragments?|pieces|residents?|villag\w+|evacuat\w+|fishermen|boats?\swere|heard|felt|windows|sirens?"
    r"|trawlers?|(?:fighter|war)?\s?(?:jets|planes|aircraft)|speed)\b",
    re.IGNORECASE,
)


def measure_role(document: Document, measure: Measure, start: int, end: int) -> Literal["distance", "apogee"] | None:
    """What a length in the sentence `start`..`end` says of the flight; None for reach, offsets and sizes."""
    before = document.normal[max(start, measure.start - 90) : measure.start]
    after = document.normal[measure.end : min(end, measure.end + 40)].lstrip(") \"'")
    label = _LABEL.search(before)
    if label is not None:
        return "distance" if label[1].lower() in ("range", "distance") else "apogee"
    clause = _CLAUSE_START.split(before)[-1]
    if _UNREAL.search(clause) or _AS_MODIFIER.match(document.normal[measure.end : measure.end + 12]):
        return None
    if _is_height(clause, after, measure):
        return None if _OF_PAYLOAD.search(clause) or _OF_PAYLOAD.search(after) else "apogee"
    if (_ABLE.search(clause) and not _DID.search(clause)) or measure.small or _NO_FLYER.search(clause):
        return None
    if _OF_PAYLOAD.search(clause) and _TO.search(clause):
        return None
    if _AT.fullmatch(clause) and _FARTHEST.search(document.normal, measure.end, end):
        return "distance"
    figures = _RANGE.search(clause) is not None and _OF_ALTITUDE.search(document.normal, start, end) is not None
    return "distance" if figures or _is_distance(clause, after) else None


def _is_height(clause: str, after: str, measure: Measure) -> bool:
    if after.startswith("away"):
        return False
    beside = _HEIGHT_AFTER.match(after) or _HEIGHT_BEFORE.search(clause)
    reached = (_REACHED.search(clause) or _BROKE_AT.search(clause)) and not (
        _FAR_AFTER.match(after) or _PLACE_AFTER.match(after)
    )
    if not beside and not reached:
        return False
    if _MODAL.search(clause) and not _DID.search(clause):
        return False
    return not (measure.small and measure.km < 1 and not _OF_ALTITUDE.search(clause + after[:10]))


def _is_distance(clause: str, after: str) -> bool:
    if _FAR_AFTER.match(after):
        return _FLIGHT.search(clause) is not None or _SENT.search(clause) is not None
    if _PLACE_AFTER.match(after):
        return False
    if _FLIGHT_AFTER.match(after):
        return True
    return bool(_FLIGHT.search(clause) or _OVER_A_STRETCH.search(clause))
