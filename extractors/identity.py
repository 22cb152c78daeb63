"""Article identity: the canonical URL, the id made from it, and the hash that tells an edit.

The canonical URL is for comparing and linking; the address that was given is kept beside it. Merging two different
articles is worse than keeping one twice, so only query parameters that are known to track are dropped.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urljoin, urlsplit

from courlan import extract_domain

MAX_URL = 4096

_TRACKER_PREFIXES = (
    "utm_", "mtm_", "pk_", "itm_", "hsa_", "_hs", "oly_", "vero_", "mc_", "ns_", "at_", "trk_", "ga_", "wt.", "wt_",
    "sc_", "ml_", "__twitter", "__tn__", "ref_", "guce_", "guccounter",
)  # fmt: skip
_TRACKER_NAMES = """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid li_fat_id igshid igsh mkt_tok cmpid cmp
    ncid ocid icid smid smtyp smprod partner ref referrer referer xtor srnd sref traffic_source ito soc_src soc_trk mod
    campaign_id emc nl regi_id segment_id te user_id instance_id taid tpcc sh share share_id sharetype sr_share fb_ref
    fb_source fb_action_ids action_object_map spm scid cvid rss feed amp_js_v amp_gsa usqp mbid wpisrc wpmm _ga _gl
    seg efg mibextid rdt dicbo
"""
_TRACKERS = frozenset(_TRACKER_NAMES.split())
_AMP_VALUES = frozenset({"amp", "amp=1", "amp=true", "amp=", "output=amp", "outputtype=amp", "view=amp", "mode=amp"})
_RSS_VALUES = frozenset({"rss", "feed", "feeds", "rssfeed"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_AMP_CACHE = re.compile(r"^/(?:c|v|a|i)/(s/)?(?P<rest>[^/]+\.[^/]+.*)$")
_GOOGLE_AMP = re.compile(r"^/amp/(s/)?(?P<rest>[^/]+\.[^/]+.*)$")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_PLAIN = {"‘": "'", "’": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-"}
_TYPOGRAPHY = re.compile(f"[{''.join(_PLAIN)}]")


def canonical_url(url: str, rel_canonical: str | None = None) -> str:
    """The address under which an article is known, whatever way it was reached.

    Scheme https unless a port says otherwise, lower-case host without default port, no credentials, fragment, tracking
    parameters or AMP form, dot segments and doubled slashes resolved, percent-encoding normalised (RFC 3986 6.2.2),
    query sorted, no trailing slash but for the root. `rel_canonical` (absolute or relative) replaces `url` when it
    stays on the same site and is neither the home page nor a mere section of it. What is not http(s) comes back as
    given, without spaces around it. Never raises.
    """
    own = _normalise(url)
    if not rel_canonical or not own.startswith("http"):
        return own
    try:
        target = urljoin(url.strip(), rel_canonical.strip())
    except ValueError:
        return own
    other = _normalise(target)
    return other if _acceptable(own, other) else own


def article_id(canonical: str) -> str:
    """20 hexadecimal digits (80 bits) of the canonical URL, blind to the scheme and to a leading "www."."""
    bare = re.sub(r"^https?://(www\.)?", "", canonical)
    return hashlib.sha256(bare.encode("utf-8", "replace")).hexdigest()[:20]


def content_hash(title: str, text: str) -> str:
    """32 hexadecimal digits of title and text, blind to spacing, typographic quotes and dashes, and Unicode forms."""
    return hashlib.sha256(f"{_plain(title)}\n{_plain(text)}".encode("utf-8", "replace")).hexdigest()[:32]


def same_site(a: str, b: str) -> bool:
    """Whether two http(s) URLs belong to one registrable domain (or one host, where there is no public suffix)."""
    host_a, host_b = _host(a), _host(b)
    if not host_a or not host_b:
        return False
    if host_a == host_b:
        return True
    domain = _registrable(a)
    return domain is not None and domain == _registrable(b)


def _plain(text: str) -> str:
    if text.isascii():
        return " ".join(text.split())
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    folded = _TYPOGRAPHY.sub(lambda mark: _PLAIN[mark[0]], folded)
    return _SPACE.sub(" ", folded).strip()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (reading the property is what checks it)
    except ValueError:
        return None
    return parts if parts.scheme in _DEFAULT_PORTS and parts.hostname else None


def _host(url: str) -> str:
    parts = _split(url)
    return (parts.hostname or "").rstrip(".").lower() if parts else ""


def _registrable(url: str) -> str | None:
    try:
        ipaddress.ip_address(_host(url))
    except ValueError:
        domain = extract_domain(url, fast=True)
        return domain if isinstance(domain, str) and "." in domain else None
    return None


def _normalise(url: str) -> str:
    given = "".join(char for char in url.strip() if char.isprintable() and not char.isspace())[:MAX_URL]
    parts = _split(given)
    if parts is None:
        return given
    parts = _out_of_amp_cache(parts)
    host = _ascii_host((parts.hostname or "").rstrip("."))
    if host.startswith("amp.") and host.count(".") >= 2:
        host = host[4:]
    authority = f"[{host}]" if ":" in host else host
    scheme = "https"
    if parts.port and parts.port not in _DEFAULT_PORTS.values():
        # Two schemes cannot share an odd port, so the one given is part of the address.
        scheme, authority = parts.scheme, f"{authority}:{parts.port}"
    query = _query(parts.query)
    return f"{scheme}://{authority}{_path(parts.path)}{'?' + query if query else ''}"


def _out_of_amp_cache(parts: SplitResult) -> SplitResult:
    """The publisher's address inside a Google AMP viewer or cache address."""
    host = parts.hostname or ""
    if host.endswith(".ampproject.org"):
        found = _AMP_CACHE.match(parts.path)
    elif re.fullmatch(r"(www\.)?google\.[a-z.]{2,6}", host):
        found = _GOOGLE_AMP.match(parts.path)
    else:
        return parts
    inner = _split(f"https://{found['rest']}{'?' + parts.query if parts.query else ''}") if found else None
    return inner or parts


def _ascii_host(host: str) -> str:
    try:
        return host.encode("ascii").decode().lower()
    except UnicodeEncodeError:
        pass
    try:
        encoded = host.encode("idna").decode().lower()
    except UnicodeError:
        return host.lower()
    return encoded if re.fullmatch(r"[a-z0-9._-]+", encoded) else host.lower()


def _path(path: str) -> str:
    segments: list[str] = []
    for segment in _requote(path).split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    if len(segments) > 1 and segments[-1].lower() == "amp":
        segments.pop()
    elif len(segments) > 1 and segments[0].lower() == "amp":
        segments.pop(0)
    if segments:
        segments[-1] = re.sub(r"\.amp(\.html?)?$", lambda found: found[1] or "", segments[-1]) or segments[-1]
    return "/" + "/".join(segments)


def _requote(path: str) -> str:
    """Percent-encoding in one form: unreserved characters bare, hexadecimal digits in capitals."""

    def one(found: re.Match[str]) -> str:
        char = chr(unquote_to_bytes(found[0])[0])
        return char if char.isascii() and (char.isalnum() or char in "-._~") else found[0].upper()

    return quote(_PERCENT.sub(one, path), safe="%/:@!$&'()*+,;=~-._", errors="replace")


def _query(query: str) -> str:
    pairs = parse_qsl(query[:MAX_URL], keep_blank_values=True, errors="replace")
    kept = sorted(pair for pair in pairs if not _is_tracking(*pair))
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='/:,@')}" if value else quote(name, safe="")
                    for name, value in kept)  # fmt: skip


def _is_tracking(name: str, value: str) -> bool:
    name, value = name.lower(), value.lower()
    return (
        name in _TRACKERS
        or name.startswith(_TRACKER_PREFIXES)
        or f"{name}={value}" in _AMP_VALUES
        or value in _RSS_VALUES
    )


def _acceptable(own: str, other: str) -> bool:
    if not other.startswith("http") or not same_site(own, other):
        return False
    here, there = urlsplit(own), urlsplit(other)
    if there.query or here.path == there.path:
        return True
    if there.path == "/":
        return False
    segments = there.path.strip("/").split("/")
    is_section = len(segments) == 1 and not re.search(r"[\d-]", segments[0])
    return not (is_section and here.path.startswith(there.path + "/"))
