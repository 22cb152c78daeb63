"""Configuration: `LAUNCHWIRE_*` variables over `launchwire.toml` over defaults.

Every setting is one field of `Settings`; its variable is the field's name in capitals after `LAUNCHWIRE_`, its key in
`launchwire.toml` the field's name. Lists are comma-separated in a variable.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from extractors.errors import UserError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from storage.lake import LakeConfig

PREFIX = "LAUNCHWIRE_"
FILE = "launchwire.toml"


def shipped(name: str) -> Path:
    """A file at the top of the checkout, or its copy in the installed package."""
    package = Path(__file__).parent
    own = package.parent / name
    return own if own.exists() else package / "default" / name


class SettingsError(UserError):
    """A setting that cannot be used; the message names where it stands and what to do."""


class Settings(BaseModel):
    """All settings of one process. Paths are as given; sizes in bytes, times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Path("data")
    catalog: str = ""
    store: str = ""
    partition: Literal["month", "day"] = "month"
    feeds: Path = Path("feeds.toml")
    packs: tuple[Path, ...] = ()

    user_agent: str = ""
    contact: str = ""
    allow_networks: tuple[str, ...] = ()
    ca_bundle: Path | None = None
    max_body_bytes: int = Field(5_000_000, ge=1_000)
    connect_seconds: float = Field(10.0, gt=0)
    read_seconds: float = Field(15.0, gt=0)
    total_seconds: float = Field(45.0, gt=0)
    host_pace_seconds: float = Field(1.0, ge=0)
    concurrent_hosts: int = Field(32, ge=1)

    wayback_url: str = Field("https://web.archive.org", pattern=r"^https?://[^\s?#]+$")
    wayback_pace_seconds: float = Field(2.5, ge=0)
    cc_news_url: str = Field("https://data.commoncrawl.org", pattern=r"^https?://[^\s?#]+$")

    workers: int = Field(default_factory=lambda: max(1, min(8, os.cpu_count() or 1)), ge=0)
    page_seconds: float = Field(10.0, gt=0)
    page_attempts: int = Field(4, ge=1)
    lock_seconds: float = Field(120.0, gt=0)
    archive_days: int = Field(0, ge=0)

    publish_dir: Path | None = None
    alert_webhook: str = Field("", pattern=r"^(https?://\S+)?$")
    alert_email_to: tuple[str, ...] = ()
    alert_email_from: str = ""
    alert_days: int = Field(14, ge=0)
    alerts_per_minute: int = Field(20, ge=1)
    smtp_host: str = ""
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: str = Field("", repr=False)
    public_url: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")

    @field_validator("allow_networks", "packs", "alert_email_to", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allow_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                raise ValueError(f"must hold networks such as 10.0.0.0/8, and {network!r} is none") from None
        return value

    @field_validator("user_agent", "contact")
    @classmethod
    def _header(cls, value: str) -> str:
        if not value.isascii() or not (value.isprintable() or not value):
            raise ValueError("goes into the User-Agent, so it must be printable ASCII")
        return value

    @field_validator("ca_bundle")
    @classmethod
    def _file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("must be a file of certificates, and there is none of that name")
        return value

    def lake(self) -> LakeConfig:
        """Where the lake is: in `data_dir` unless catalog or store say otherwise; S3 keys come from AWS_* variables."""
        from storage.lake import LakeConfig, S3Options  # DuckDB takes a tenth of a second to import

        return LakeConfig(
            directory=self.data_dir,
            catalog=self.catalog or None,
            store=self.store or None,
            s3=S3Options.from_environment(os.environ),
            partition=self.partition,
            lock_wait_seconds=self.lock_seconds,
        )

    @property
    def published_to(self) -> Path:
        """Directory of the report, the feeds and the data files."""
        return self.publish_dir or self.data_dir / "publish"

    @property
    def home_url(self) -> str:
        """`public_url` with a slash at its end, empty where it is not set."""
        return self.public_url.rstrip("/") + "/" if self.public_url else ""

    def activate(self) -> None:
        """Make these the settings of every flow that this process runs."""
        os.environ.update(self.environment())

    def environment(self) -> dict[str, str]:
        """These settings as variables, paths absolute: what a child process in another directory needs."""
        values: dict[str, str] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Path):
                value = value.absolute()
            if isinstance(value, tuple):
                value = ",".join(str(part.absolute() if isinstance(part, Path) else part) for part in value)
            if value not in (None, ""):
                values[PREFIX + name.upper()] = str(value)
        return values


def load_settings(
    environment: Mapping[str, str] | None = None, *, directory: Path | None = None, **overrides: object
) -> Settings:
    """Settings for this process; `overrides` (the command line's) win over variables, these over `launchwire.toml`.

    Raises SettingsError with one sentence: which setting, where it stands, what it must be.
    """
    environment = os.environ if environment is None else environment
    path = (directory or Path()) / FILE
    values, origin = _from_file(path)
    known = Settings.model_fields
    for name, value in environment.items():
        key = name.removeprefix(PREFIX).lower()
        # An empty one is not set: container files pass on variables that nobody filled in.
        if name.startswith(PREFIX) and value:
            if key not in known:
                raise SettingsError(f"{name} is not a setting of launchwire; unset it, or see docs/settings.md.")
            values[key], origin[key] = value, name
    for key, override in overrides.items():
        if override is not None:
            values[key], origin[key] = override, "--" + key.replace("_dir", "")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        raise SettingsError(f"{origin.get(key, key)} {_demand(first)}; it is {values.get(key)!r}.") from None


# What a setting must be, by pydantic's name of what is wrong.
_DEMANDS = {
    "path_type": "must be a path",
    "string_type": "must be a text in quotes",
    "tuple_type": "must be a list of texts in quotes",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_pattern_mismatch": "must be an http or https address without blanks, ? and #",
}


def _demand(error: ErrorDetails) -> str:
    kind, given = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(given["error"])
    if kind.startswith(("int", "float")):
        return f"must be a {'whole ' if kind.startswith('int') else ''}number"
    return _DEMANDS[kind].format(**given) if kind in _DEMANDS else f"cannot be used: {error['msg']}"


def _from_file(path: Path) -> tuple[dict[str, object], dict[str, str]]:
    try:
        values: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}). Mend that, or move it away.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text. Save it as UTF-8, or move it away.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}. Mend it, or move it away.") from None
    for key in values:
        if key not in Settings.model_fields:
            near = get_close_matches(key.lower(), Settings.model_fields, n=1)
            hint = f"did you mean {near[0]}?" if near else "docs/settings.md lists them."
            raise SettingsError(f"{path}: {key!r} is not a setting; {hint}")
    return values, {key: f"{path}: {key}" for key in values}
