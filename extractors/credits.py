"""Wire credit: which agency an article names as its origin, where credits stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

_AGENCIES = {
    "Reuters": r"Reuters", "AP": r"(?:The )?Associated Press|AP", "AFP": r"Agence France-Presse|AFP",
    "Yonhap": r"Yonhap(?: News Agency)?", "Kyodo": r"Kyodo(?: News)?", "Jiji": r"Jiji(?: Press)?", "Xinhua": r"Xinhua",
    "TASS": r"TASS", "Interfax": r"Interfax", "RIA Novosti": r"RIA(?: Novosti)?", "KCNA": r"KCNA", "dpa": r"dpa|DPA",
    "ANI": r"ANI", "PTI": r"Press Trust of India|PTI", "IANS": r"IANS", "UPI": r"UPI", "EFE": r"EFE", "ANSA": r"ANSA",
    "Bloomberg": r"Bloomberg", "Anadolu": r"Anadolu(?: Agency)?|AA", "IRNA": r"IRNA", "Ukrinform": r"Ukrinform",
    "PA": r"PA Media|Press Association", "AAP": r"AAP", "CNA": r"Central News Agency|CNA", "Tasnim": r"Tasnim",
    "Bernama": r"Bernama", "Antara": r"Antara", "Belga": r"Belga", "NTB": r"NTB", "TT": r"TT News Agency",
}  # fmt: skip
_ANY = "|".join(_AGENCIES.values())
_AGENCE = r"Agence [A-Z][\w-]+(?:[ -][A-Z][\w-]+){0,2}"
_LIKE = r"(?:[A-Z][\w&.'’-]*\s){1,4}(?:Wire|Newswire|(?:News|Press|Wire)\s(?:Agency|Service))"
_NAME = rf"(?P<name>{_ANY}|{_AGENCE})"
_OPENING = (
    # SEOUL, Jan. 7 (Reuters) - …
    re.compile(
        rf"[^.!?\n]{{0,40}}(?:\.[^.!?\n]{{0,40}})?\((?P<name>{_ANY}|{_AGENCE}|{_LIKE})\)(?=\s*[-–—:]|\s*$|\s+[A-Z\"“])"
    ),
    # TOKYO — AP —, and MOSCOW, January 7. /TASS/.
    re.compile(rf"[A-Z][A-Z .,'’-]{{2,60}}(?:,\s[\w. ]{{1,20}})?\s*[-–—,./]+\s*{_NAME}\s*[-–—:/]"),
)
_CLOSING = (
    re.compile(rf"\W*(?:Source|Credit|With|From|Via|By)?[:\s]*(?:the )?{_NAME}\W*", re.IGNORECASE),
    re.compile(rf".*?(?:[(\[]\s*|[.!?”\"]\s+[-–—]\s*|\s[-–—/]\s*){_NAME}\s*[)\]/]?\W*", re.DOTALL),
    re.compile(
        rf".*?\bwith (?:additional )?(?:inputs?|reporting|files|material)s? (?:from|by) (?:the )?{_NAME}\b.*",
        re.IGNORECASE | re.DOTALL,
    ),
)
_REPORTING = re.compile(r"[(\[]?\s*(?:additional |further )?(?:reporting|writing|editing) by\s", re.IGNORECASE)
_AUTHOR = re.compile(
    rf"(?:by |the )?{_NAME}(?: (?:staff|news agency|writers?|and agencies|reporters?))*", re.IGNORECASE
)
_AGENCY_LIKE = re.compile(_LIKE)
MAX_CREDIT = 400


def credit(blocks: Sequence[str], authors: Sequence[str]) -> str | None:
    """The wire agency (or, where it names none, the credit line) that an article gives as its origin, or None.

    Looked for where credits stand: the authors, the dateline that opens the text, the last three paragraphs
    (`blocks`, one a paragraph). An agency that the text merely quotes is none.
    """
    for author in authors:
        if found := _AUTHOR.fullmatch(author):
            return _agency(found["name"])
        if _AGENCY_LIKE.fullmatch(author):
            return author
    for block in blocks[:2]:
        for form in _OPENING:
            if found := form.match(block):
                return _agency(found["name"])
    for block in list(blocks[-3:])[::-1]:
        if len(block) <= MAX_CREDIT and (found_credit := _closing(block)):
            return found_credit
    return None


def _closing(block: str) -> str | None:
    if _REPORTING.match(block):
        named = re.search(rf"\b(?:{_ANY})\b", block)
        return _agency(named[0]) if named else block
    for form in _CLOSING:
        if found := form.fullmatch(block):
            return _agency(found["name"])
    return None


def _agency(text: str) -> str:
    for name, pattern in _AGENCIES.items():
        if re.fullmatch(pattern, text, re.IGNORECASE):
            return name
    return text
