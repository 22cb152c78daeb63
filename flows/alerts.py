"""Alerts told: a Prefect event, a webhook and an e-mail for each new incident, change of status and troubled feed.

What happened is in the lake's outbox before anybody is told. A sink that fails is tried again with growing waits; a
process that dies between telling and noting so tells again, with the same id.
"""

from __future__ import annotations

import asyncio
import json
import logging
import smtplib
import ssl
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from importlib.metadata import version
from typing import Any, Protocol

import httpx

from extractors.gazetteer import Gazetteer
from flows.report_site.wording import shown
from flows.settings import Settings
from storage import alerts
from storage.alerts import Alert, Outcome
from storage.errors import BusyLockError
from storage.incidents import refresh
from storage.lake import Lake

log = logging.getLogger("launchwire")

_SECONDS = 15.0
_PATIENCE_SECONDS = 60.0
# Alerts noted as told in one transaction: what a crash makes to be told twice, at most.
_NOTED_TOGETHER = 20
_ATTEMPTS, _FIRST_WAIT = 3, 0.5
_NAMESPACE = uuid.UUID("6f1d0c5e-9a51-5b7e-8a55-0f3c7a0f9b11")


class SinkError(Exception):
    """A sink did not take an alert; the message says why."""


class Sink(Protocol):
    """Somewhere to tell alerts. `send` raises SinkError; `paced` ones take so many a minute and no more."""

    name: str
    paced: bool

    def send(self, alert: Alert) -> None:
        """Tell it, or raise SinkError."""


class PrefectEvents:
    """A custom event `launchwire.<kind>` for Prefect's automations.

    Posted to the API and answered, where `emit_event` would only queue it. The publish deployment is named as related,
    so that an automation can start it.
    """

    name = "prefect"
    paced = False

    def send(self, alert: Alert) -> None:
        from prefect.client.orchestration import get_client
        from prefect.exceptions import PrefectException

        try:
            with get_client(sync_client=True) as client:
                answer = client.request("POST", "/events", json=[event(alert, _deployment(client))])
                answer.raise_for_status()
        except (httpx.HTTPError, PrefectException, OSError) as error:
            raise SinkError(f"Prefect's API did not take the event ({type(error).__name__}: {error})") from error


def event(alert: Alert, deployment_id: str | None = None) -> dict[str, Any]:
    """The event of an alert; the same alert has the same event id."""
    related = [{"prefect.resource.id": f"prefect.deployment.{deployment_id}", "prefect.resource.role": "deployment"}]
    return {
        "id": str(uuid.uuid5(_NAMESPACE, alert.alert_id)),
        "event": f"launchwire.{alert.kind}",
        "occurred": alert.raised_at.isoformat(),
        "resource": {
            "prefect.resource.id": f"launchwire.{alert.kind.split('.')[0]}.{alert.subject}",
            "prefect.resource.name": shown(alert.title),
        },
        "related": related if deployment_id else [],
        "payload": {"alert_id": alert.alert_id, "title": shown(alert.title), **alert.payload},
    }


def _deployment(client: Any) -> str | None:
    from prefect.exceptions import ObjectNotFound

    try:
        return str(client.read_deployment_by_name("publish/publish").id)
    except ObjectNotFound:
        return None


class Webhook:
    """A POST of one JSON object to an address of the user's; any 2xx answer takes it."""

    name = "webhook"
    paced = True

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, alert: Alert) -> None:
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": alert.alert_id,
            "User-Agent": f"launchwire/{version('launchwire')}",
        }
        try:
            answer = httpx.post(self._url, content=_document(alert), headers=headers, timeout=_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SinkError(f"the webhook did not answer ({type(error).__name__})") from error
        if not answer.is_success:
            raise SinkError(f"the webhook answered {answer.status_code}")


def _document(alert: Alert) -> bytes:
    return json.dumps(
        {
            "id": alert.alert_id,
            "kind": alert.kind,
            "subject": alert.subject,
            "title": shown(alert.title),
            "raised_at": alert.raised_at.isoformat(),
            "data": alert.payload,
        },
        ensure_ascii=False,
    ).encode("utf-8", "replace")


class Email:
    """A plain-text message to each of `to` by SMTP; its Message-ID is the alert's."""

    name = "email"
    paced = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, alert: Alert) -> None:
        settings = self._settings
        try:
            with self._connected() as server:
                if settings.smtp_user:
                    server.login(settings.smtp_user, settings.smtp_password)
                server.send_message(message(alert, settings))
        except (smtplib.SMTPException, OSError) as error:
            raise SinkError(f"the mail server {settings.smtp_host} did not take it ({type(error).__name__})") from error

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.smtp_security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=_SECONDS, context=context)
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_SECONDS)
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        return server


def message(alert: Alert, settings: Settings) -> EmailMessage:
    """The message of an alert. Line breaks of untrusted text never reach a header."""
    made = EmailMessage()
    made["Subject"] = "launchwire: " + " ".join(shown(alert.title).split())
    made["From"] = settings.alert_email_from or settings.alert_email_to[0]
    made["To"] = ", ".join(settings.alert_email_to)
    made["Date"] = alert.raised_at
    made["Message-ID"] = f"<{alert.alert_id}@launchwire.invalid>"
    lines = [f"{name}: {shown(value)}" for name, value in alert.payload.items() if value is not None]
    where = f"\n{settings.home_url}incident/{alert.subject}.html" if settings.home_url else ""
    made.set_content("\n".join([shown(alert.title), "", *lines, where, "", f"alert {alert.alert_id}"]))
    return made


def sinks(settings: Settings) -> list[Sink]:
    """The sinks that these settings name; Prefect's events always."""
    chosen: list[Sink] = [PrefectEvents()]
    if settings.alert_webhook:
        chosen.append(Webhook(settings.alert_webhook))
    if settings.alert_email_to and settings.smtp_host:
        chosen.append(Email(settings))
    return chosen


def tell(
    lake: Lake,
    to: Sequence[Sink],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    per_minute: int = 20,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[int, list[str]]:
    """Tell what is due to every sink that has not taken it. Returns the alerts told and the reasons of failures.

    A paced sink is given `per_minute` alerts, those that other runs gave it within the last minute among them, and the
    rest next time: a run of a flow is not held up by a flood. A sink that failed in spite of its attempts is left alone
    until next time.
    """
    lately = now() - timedelta(minutes=1)
    round_ = _Round(
        to, {sink.name: alerts.taken(lake, sink.name, since=lately) for sink in to if sink.paced}, per_minute
    )
    names = [sink.name for sink in to]
    told, outcomes = 0, list[Outcome]()
    for alert in alerts.due(lake, now=now()):
        outcome = round_.told(alert, sleep)
        if outcome.taken_by or outcome.errors:
            told += bool(outcome.taken_by)
            outcomes.append(outcome)
        if len(outcomes) >= _NOTED_TOGETHER:
            alerts.mark(lake, outcomes, names, now=now())
            outcomes = []
    alerts.mark(lake, outcomes, names, now=now())
    return told, [f"alerts by {name}: {why}" for name, why in round_.failed.items()]


class _Round:
    """The sinks of one run: what each was given within the minute, and why one is left alone."""

    def __init__(self, sinks: Sequence[Sink], given: dict[str, int], per_minute: int) -> None:
        self._sinks = sinks
        self._given = given
        self._per_minute = per_minute
        self.failed: dict[str, str] = {}

    def told(self, alert: Alert, sleep: Callable[[float], None]) -> Outcome:
        """Tell it to every sink that may be asked and has not taken it."""
        taken: list[str] = []
        problems: list[str] = []
        for sink in self._sinks:
            if sink.name in alert.taken_by or sink.name in self.failed or not self._may(sink):
                continue
            problem = _attempted(sink, alert, sleep)
            if problem is None:
                taken.append(sink.name)
            else:
                self.failed[sink.name] = problem
                problems.append(f"{sink.name}: {problem}")
        return Outcome(alert, tuple(taken), tuple(problems))

    def _may(self, sink: Sink) -> bool:
        if not sink.paced:
            return True
        self._given[sink.name] += 1
        return self._given[sink.name] <= self._per_minute


def _attempted(sink: Sink, alert: Alert, sleep: Callable[[float], None]) -> str | None:
    """None where the sink took it, else why it did not in spite of some attempts."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            sink.send(alert)
        except SinkError as error:
            if attempt == _ATTEMPTS:
                log.warning("%s", error)
                return str(error)
            sleep(_FIRST_WAIT * 2 ** (attempt - 1))
        else:
            return None
    raise AssertionError("unreachable: the last attempt returns")


def settle(lake: Lake, settings: Settings, *, gazetteer: Gazetteer | None = None) -> list[str]:
    """Join what was saved into incidents, and tell of what is new. What a flow calls once its work is stored.

    Returns the reasons why somebody could not be told; the alerts are kept and told next time.
    """
    refresh(lake, now=datetime.now(UTC), gazetteer=gazetteer, alert_days=settings.alert_days)
    alerts.raise_for_feeds(lake, now=datetime.now(UTC))
    try:
        # An event may start a run of `publish` while its own run still tells: nobody is to be told twice.
        with lake.exclusive("alerts", wait_seconds=_PATIENCE_SECONDS):
            _, failed = tell(lake, sinks(settings), per_minute=settings.alerts_per_minute)
    except BusyLockError:
        log.info("another run is telling alerts; what is new is told next time")
        return []
    return failed


async def settle_run(settings: Settings) -> list[str]:
    """`settle` at the end of a flow run, off its event loop."""
    with Lake.open(settings.lake()) as lake:
        return await asyncio.to_thread(settle, lake, settings)
