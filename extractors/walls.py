"""What stands where an article or a feed should be: consent walls, bot challenges, JavaScript shells, error pages.

Judged by the words a reader would see (and, for challenges, by the machinery in the markup), so that the wall of a
vendor nobody has listed is still known by what it asks of the reader.
"""

from __future__ import annotations

import re
from typing import Literal

from extractors.markup import one_line, plain_line

Wall = Literal["consent", "challenge", "shell", "empty"]

LITTLE = 1_500
SCANT = 600

_CHALLENGE_MARKUP = re.compile(
    r"cf-browser-verification|cf_chl_|/cdn-cgi/challenge-platform/|challenges\.cloudflare\.com|_Incapsula_Resource"
    r"|px-captcha|/_sec/cp_challenge|geo\.captcha-delivery\.com|ddos-guard|awswaf|g-recaptcha|h-captcha"
    r"|sgcaptcha|__ddg\d|kasada",
    re.IGNORECASE,
)
_CHALLENGE_WORDS = re.compile(
    r"checking (?:your|the|if the) (?:browser|site connection)|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|are you a (?:human|robot)|(?:you are|you.re|i.m|i am) not a robot|just a moment\W|attention required"
    r"|unusual (?:traffic|activity) (?:from|on)|automated (?:access|requests?|queries)"
    r"|complete the (?:security check|captcha)|pardon our interruption|press (?:&|and) hold|ddos protection by"
    r"|^access denied|access to this (?:page|site) (?:has been |is |was )?denied|you have been blocked"
    r"|request (?:was )?blocked|enable (?:javascript and )?cookies to continue|bot (?:protection|manager)",
    re.IGNORECASE | re.MULTILINE,
)
_CONSENT_WORDS = re.compile(
    r"before you continue|(?:we|partners)(?: and our)?(?: \d+)?(?: partners)? (?:use|value|care about|process|store)"
    r".{0,80}?(?:cookies|privacy|personal data)|accept (?:all|and continue|cookies)"
    r"|agree (?:and|&) (?:continue|proceed|close)"
    r"|manage (?:your )?(?:consent|choices|preferences|cookies|settings|options)|reject all"
    r"|consent to (?:the use|our|cookies)|privacy (?:choices|settings|preferences)|your privacy"
    r"|cookie (?:policy|settings|preferences)|withdraw your consent|legitimate interest",
    re.IGNORECASE,
)
_SHELL_WORDS = re.compile(
    r"(?:enable|turn on|requires?|need|without|supports?) javascript|javascript (?:is|must be|to be|has been) "
    r"(?:disabled|enabled|required|turned off)|javascript[- ]enabled|unsupported browser",
    re.IGNORECASE,
)
_MISSING_TITLE = re.compile(
    r"^\W*(?:error\W*)?(?:404|410|500|502|503)\b|page (?:not|can ?not be|could not be) found"
    r"|^(?:sorry\W*)?not found\W*"
    r"|^(?:server|gateway|application) error|^(?:bad gateway|service unavailable|internal server error)"
    r"|page (?:doesn.t|does not) exist|page (?:is )?unavailable|\b404\b.*\berror\b|\berror\b.*\b404\b",
    re.IGNORECASE,
)
_MISSING_WORDS = re.compile(
    r"page (?:can ?not|could not|can.t|was not|not) (?:be )?found|no longer (?:available|exists)|error 404|404 error"
    r"|page (?:you (?:are|were|.re|have) (?:looking for|requested|trying)|you requested|doesn.t exist|does not exist)"
    r"|(?:story|article|page) (?:has been (?:re)?moved|(?:is )?(?:not|no longer) available)|internal server error"
    r"|service (?:is )?(?:temporarily )?unavailable|bad gateway|something went wrong",
    re.IGNORECASE,
)


def wall(title: str, text: str, markup: str, *, claimed: bool = False) -> Wall | None:
    """The kind of page this is if it is none that anybody would read, else None.

    `text` is what the page shows, `markup` how its source begins, with scripts. `claimed`: it says that it is an
    article and has the text of one, so that only the plainest walls count.
    """
    length = len(text)
    if claimed and length >= LITTLE:
        return None
    consent = len({found[0].lower() for found in _CONSENT_WORDS.finditer(text[:20_000])})
    if length >= LITTLE:
        return "consent" if consent >= 5 else None
    challenge = len({found[0].lower() for found in _CHALLENGE_WORDS.finditer(f"{title}\n{text}")})
    if challenge > (claimed or length >= SCANT) or (challenge and _CHALLENGE_MARKUP.search(markup)):
        return "challenge"
    if consent >= (3 if claimed else 2):
        return "consent"
    if claimed:
        return None
    if length < SCANT and _CHALLENGE_MARKUP.search(markup) and not text.strip():
        return "challenge"
    if _MISSING_TITLE.search(title) or (length < SCANT and _MISSING_WORDS.search(text)):
        return "empty"
    if length < SCANT and _SHELL_WORDS.search(f"{title}\n{text}"):
        return "shell"
    return None


def looks_like(text: str) -> str:
    """The end of a sentence that begins "<URL> is not a feed: it …"."""
    if not text:
        return "is empty"
    head = text[:20_000]
    if sum(not (char.isprintable() or char.isspace()) or char == "�" for char in head[:2000]) > len(head[:2000]) // 10:
        return "holds binary data"
    if re.search(r"<(?:!doctype\s+html|html|head|body|meta|div|p)\b", head, re.IGNORECASE):
        title = re.search(r"<title[^>]{0,200}>([^<]{0,300})", head, re.IGNORECASE)
        named = plain_line(title[1]) if title else ""
        shown = plain_line(text[:60_000])
        kinds = {
            "challenge": "is a bot challenge",
            "consent": "is a consent page",
            "shell": "is a page that needs JavaScript",
            "empty": "is an error page",
        }
        kind = kinds.get(wall(named, shown, head) or "", "is an HTML page")
        return f"{kind} titled {named[:80]!r}" if named else kind
    found = re.match(r"(?:<\?.*?\?>\s*|<!.*?>\s*)*+<([\w.:-]{1,60})", head, re.DOTALL)
    if found:
        kind = "a sitemap" if found[1] in ("urlset", "sitemapindex") else "another kind of XML"
        return f"is {kind} (its root is <{found[1]}>)"
    return f"is plain text that begins {one_line(head)[:60]!r}"
