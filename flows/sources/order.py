"""What a user asks a backfill to fill from, and the source that does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.ingest import Ingest
from flows.settings import Settings
from flows.sources import Source, SourceName
from flows.sources.archive import ArchiveSource
from flows.sources.history import HistorySource
from flows.sources.sitemap import SitemapSource
from flows.sources.sites import Selection, select
from flows.sources.warc import WarcSource
from flows.sources.wayback import WaybackSource
from flows.subscriptions import Subscription, load_subscriptions

# In place of sites, for "warc": every page of the files.
ALL_SITES = "*"


@dataclass(frozen=True, slots=True)
class Order:
    """A source, and its limits: feeds by name, address or outlet; sites by host or address; files for "warc"."""

    source: SourceName
    feeds: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """The limits in one line, empty for all subscriptions."""
        return " ".join([*self.feeds, *self.sites, *self.inputs])


def make_source(order: Order, ingest: Ingest) -> Source:
    """The source that an order names. Raises SelectionError, SubscriptionError."""
    if order.source == "archive":
        return ArchiveSource(ingest.settings.data_dir / "archive")
    if order.source == "warc":
        everything = order.sites == (ALL_SITES,)
        selection = None if everything else _selection(order, ingest)
        return WarcSource(ingest, selection, order.inputs, ingest.settings.cc_news_url)
    selection = _selection(order, ingest)
    if order.source == "history":
        return HistorySource(ingest, selection)
    if order.source == "wayback":
        return WaybackSource(ingest, selection)
    return SitemapSource(ingest, selection)


def _selection(order: Order, ingest: Ingest) -> Selection:
    return select(ingest.lake, _subscriptions(ingest.settings, order), order.feeds, order.sites)


def _subscriptions(settings: Settings, order: Order) -> Sequence[Subscription]:
    """The feed list; a choice of sites alone can do without the file."""
    if order.sites and not order.feeds and not settings.feeds.exists():
        return ()
    return load_subscriptions(settings.feeds)
