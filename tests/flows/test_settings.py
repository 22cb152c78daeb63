"""Settings: where they come from, what is refused, and that each is documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.settings import Settings, SettingsError, load_settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def test_variables_win_over_the_file_and_overrides_over_both(tmp_path: Path) -> None:
    (tmp_path / "launchwire.toml").write_text('data_dir = "from-file"\nworkers = 3\npage_seconds = 4\n')
    environment = {"LAUNCHWIRE_WORKERS": "5", "LAUNCHWIRE_PAGE_SECONDS": "6", "HOME": "/nowhere"}
    settings = load_settings(environment, directory=tmp_path, page_seconds=7)
    assert (settings.data_dir, settings.workers, settings.page_seconds) == (Path("from-file"), 5, 7.0)


def test_lists_are_parted_by_commas() -> None:
    settings = load_settings({"LAUNCHWIRE_ALLOW_NETWORKS": "127.0.0.0/8, 10.0.0.0/8,"}, directory=Path("/nowhere"))
    assert settings.allow_networks == ("127.0.0.0/8", "10.0.0.0/8")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LAUNCHWIRE_COLOUR": "red"}, "LAUNCHWIRE_COLOUR is not a setting"),
        ({"LAUNCHWIRE_WORKERS": "many"}, "LAUNCHWIRE_WORKERS must be a whole number; it is 'many'"),
        ({"LAUNCHWIRE_WORKERS": "-1"}, "LAUNCHWIRE_WORKERS must be at least 0"),
        ({"LAUNCHWIRE_ALLOW_NETWORKS": "localhost"}, "LAUNCHWIRE_ALLOW_NETWORKS must hold networks such as"),
        ({"LAUNCHWIRE_PARTITION": "year"}, "LAUNCHWIRE_PARTITION must be 'month' or 'day'"),
        ({"LAUNCHWIRE_CONTACT": "café"}, "LAUNCHWIRE_CONTACT goes into the User-Agent"),
        ({"LAUNCHWIRE_CA_BUNDLE": "no.pem"}, "LAUNCHWIRE_CA_BUNDLE must be a file of certificates"),
        ({"LAUNCHWIRE_PUBLIC_URL": "news"}, "LAUNCHWIRE_PUBLIC_URL must be an http or https address"),
    ],
)
def test_a_wrong_variable_is_named(environment: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(environment, directory=tmp_path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("data_dir = 5", "data_dir must be a path; it is 5"),
        ("contact = 5", "contact must be a text in quotes"),
        ("packs = 3", "packs must be a list of texts in quotes"),
        ("page_seconds = 0", "page_seconds must be greater than 0"),
        ("smtp_port = 99999", "smtp_port must be at most 65535"),
        ("worker = 2", "'worker' is not a setting; did you mean workers?"),
        ("workers =", "is not valid TOML"),
    ],
)
def test_a_wrong_line_of_the_file_is_named(line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "launchwire.toml").write_text(line + "\n")
    with pytest.raises(SettingsError) as caught:
        load_settings({}, directory=tmp_path)
    assert "launchwire.toml" in str(caught.value)
    assert words in str(caught.value)


def test_a_variable_that_nobody_filled_in_is_not_set(tmp_path: Path) -> None:
    (tmp_path / "launchwire.toml").write_text("workers = 3\n")
    assert load_settings({"LAUNCHWIRE_WORKERS": "", "LAUNCHWIRE_DATA_DIR": ""}, directory=tmp_path).workers == 3


def test_what_a_child_process_gets_makes_the_same_settings(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, packs=(tmp_path / "own",), allow_networks=("127.0.0.0/8",), workers=2)
    assert load_settings(settings.environment(), directory=tmp_path) == settings.model_copy(
        update={"feeds": settings.feeds.absolute()}
    )


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCUMENT.read_text("utf-8")
