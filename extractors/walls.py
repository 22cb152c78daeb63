"""What stands where an article or a feed should be: consent walls, bot challenges, JavaScript shells, error pages.

Judged by the words a reader would see (and, for challenges, by the machinery in the markup), so that the wall of a
vendor nobody has listed is still known by what it asks of the reader.
"""

from __future__ import annotations

import re
from typing import Literal

Wall = Literal["consent", "challenge", "shell", "empty"]

SCAN = 200_000

_CHALLENGE_MARKUP = re.compile(
    r"cf-browser-verification|cf_chl_|/cdn-cgi/challenge-platform/|challenges\.cloudflare\.com|_Incapsula_Resource"
    r"|px-captcha|/_sec/cp_challenge|geo\.captcha-delivery\.com|ddos-guard|awswaf|g-recaptcha|h-captcha"
    r"|sgcaptcha|__ddg\d|kasada",
    re.IGNORECASE,
)
_CHALLENGE_WORDS = re.compile(
    r"checking (?:your|the) browser|verify(?:ing)? (?:that )?you are (?:a )?human|are you a (?:human|robot)|not a robot"
    r"|just a moment\W|attention required|unusual (?:traffic|activity)|automated (?:access|requests?|queries)"
    r"|complete the (?:security check|captcha)|pardon our interruption|press (?:&|and) hold|ddos protection"
    r"|access (?:to this (?:page|site) )?(?:has been |is |was )?denied|you have been blocked|request (?:was )?blocked"
    r"|enable (?:javascript and )?cookies to continue|bot (?:protection|detection|manager)",
    re.IGNORECASE,
)
_CONSENT_WORDS = re.compile(
    r"before you continue|we (?:and our (?:\d+ )?partners )?(?:use|value|care about|process|store).{0,80}(?:cookies|privacy)"
    r"|accept (?:all|and continue|cookies)|agree (?:and|&) (?:continue|proceed|close)|manage (?:your )?(?:consent|choices"
    r"|preferences|cookies|settings)|reject all|consent to (?:the use|our|cookies)|privacy (?:choices|settings|preferences)"
    r"|your privacy|cookie (?:policy|settings|preferences)|withdraw your consent|legitimate interest",
    re.IGNORECASE,
)
_SHELL_WORDS = re.compile(
    r"(?:enable|turn on|requires?|need|without|supports?) javascript|javascript (?:is|must be|to be|has been) "
    r"(?:disabled|enabled|required|turned off)|javascript[- ]enabled|unsupported browser",
    re.IGNORECASE,
)
_MISSING_WORDS = re.compile(
    r"\b404\b|\b410\b|page (?:can ?not|could not|can.t|not) be found|page not found|not found|no longer (?:available|exists)"
    r"|page (?:you (?:are|were|.re) (?:looking for|requested|trying)|doesn.t exist|does not exist|is missing|unavailable)"
    r"|(?:story|article) (?:has been removed|(?:is )?(?:not|no longer) available)|server error|service unavailable"
    r"|bad gateway|error occurred|something went wrong",
    re.IGNORECASE,
)


def wall(title: str, text: str, markup: str) -> Wall | None:
    """The kind of page this is if it is none that anybody would read, else None.

    `text` is what the page shows, `markup` its source. Meant for pages that have little text or claim no article:
    a full article *about* cookies must be ruled out by the caller.
    """
    shown = f"{title}\n{text[:SCAN]}"
    little = len(text) < 1500
    if little and _CHALLENGE_WORDS.search(shown):
        return "challenge"
    if len(text) < 600 and _CHALLENGE_MARKUP.search(markup[:SCAN]):
        return "challenge"
    if len(set(map(str.lower, _CONSENT_WORDS.findall(shown)))) >= (2 if little else 4):
        return "consent"
    if len(text) < 600 and _SHELL_WORDS.search(shown):
        return "shell"
    if _MISSING_WORDS.search(title) or (len(text) < 600 and _MISSING_WORDS.search(text)):
        return "empty"
    return None
