"""Everything that can be said has been translated, and no name or value was lost on the way."""

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from click.testing import CliRunner

from marketplace import database
from marketplace.cli import messages
from marketplace.design import EVERY, Design
from marketplace.guide import options, prompt, report, sentences
from marketplace.guide.voice import ENGLISH, Voice

CATALOGUE = messages.read()
CHINESE = {str(it.id): str(it.string) for it in CATALOGUE if it.id}
VOICE = Voice(lambda sentence: CHINESE[sentence], "zh_CN")
# What a program reads: places to fill, code, names with an underscore, addresses, versions, dates.
NAMES = re.compile(
    r"%\(\w+\)s|\{\w+\}|`[^`]+`|\b\w+_\w+(?:=\w+)?\b|\b[a-z]+\.stripe\.com\b|20\d\d-\d\d-\d\d[.\w]*"
    r"|\b(?:acct_\w+|ORDER|Stripe-Account|Accounts v[12]|connect\.js)\b"
)
# What the options of a select are, by their names in the API.
PARAMETERS = {"application", "fee", "amount", "transfer", "data"}
SENTENCE = re.compile(r"[A-Za-z']{2,}(?: [A-Za-z']{2,}){3,}")


def test_the_catalogue_has_what_is_said_and_nothing_else() -> None:
    wanted = {str(message.id) for message in messages.wanted()}
    assert sorted(wanted - CHINESE.keys()) == [], "run `make messages` and translate"
    assert sorted(CHINESE.keys() - wanted) == [], "run `make messages`"


def test_every_sentence_has_a_translation() -> None:
    assert [english for english, chinese in CHINESE.items() if not chinese.strip()] == []
    assert not any(message.fuzzy for message in CATALOGUE)


def test_what_the_guide_says_is_in_the_catalogue() -> None:
    said = sentences.sentences()
    assert len(said) > 300
    assert [sentence for sentence in said if sentence not in CHINESE] == []


def test_places_and_names_are_the_same_in_both() -> None:
    faults = [
        english
        for english, chinese in CHINESE.items()
        if Counter(NAMES.findall(chinese)) != Counter(NAMES.findall(english))
        or chinese.count("%%") != english.count("%%")
    ]
    assert faults == []


def test_no_words_of_the_other_language_are_left() -> None:
    assert [chinese for chinese in CHINESE.values() if SENTENCE.search(chinese)] == []


def test_a_translation_says_something_in_its_language() -> None:
    same = {
        english for english, chinese in CHINESE.items() if english.casefold() == chinese.casefold()
    }
    assert same <= {
        "API",
        "Accounts API",
        "Accounts v1",
        "Accounts v2",
        "Express",
        "Stripe",
        "stripe",
    }


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    with messages.MO.open("rb") as file:
        compiled = read_mo(file)
    read = {str(it.id): str(it.string) for it in compiled if it.id}
    assert read == CHINESE, "run `make messages`"


def test_collecting_again_changes_nothing() -> None:
    merged = messages.merged(CATALOGUE)
    assert {str(it.id): it.string for it in merged if it.id} == CHINESE
    with messages.PO.open("rb") as file:
        assert read_po(file).num_plurals == CATALOGUE.num_plurals


@pytest.mark.parametrize("design", EVERY[::5], ids=options.short)
def test_markdown_and_prompt_keep_their_code_in_chinese(design: Design) -> None:
    english, chinese = report.guide(design), report.guide(design, voice=VOICE)
    texts = [(prompt.markdown(english), prompt.markdown(chinese))]
    if english.judgement.can_be_built:
        texts.append((prompt.prompt(english), prompt.prompt(chinese)))
    for one, other in texts:
        code = re.compile(r"```.*?```|`[^`\n]+`|https://[a-z./0-9_-]+", re.DOTALL)
        assert Counter(code.findall(one)) == Counter(code.findall(other))
        prose = code.sub("", other)
        assert not SENTENCE.search(prose), SENTENCE.search(prose)


def test_the_json_keeps_its_names_in_chinese() -> None:
    for design in EVERY[::17]:
        english, chinese = (
            report.as_json(report.guide(design, voice=voice)) for voice in (ENGLISH, VOICE)
        )
        kept = ("design", "verdict", "runs_here", "described_only", "account", "money")
        assert {name: english[name] for name in kept} == {name: chinese[name] for name in kept}
        assert [it["python"] for it in english["requests"]] == [
            it["python"] for it in chinese["requests"]
        ]
        assert english["sentence"] != chinese["sentence"]


def test_the_command_writes_what_is_kept_and_tells_of_nothing_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    po, mo = messages.PO.read_bytes(), messages.MO.read_bytes()
    for name in ("PO", "MO"):
        monkeypatch.setattr(messages, name, tmp_path / name)
    (tmp_path / "PO").write_bytes(po)
    said = CliRunner().invoke(messages.command)
    assert said.output.endswith(" sentences, 0 without a translation\n")
    assert (tmp_path / "PO").read_bytes() == po
    assert (tmp_path / "MO").read_bytes() == mo


@pytest.mark.parametrize("name", messages.TEMPLATES)
def test_no_template_has_words_that_nobody_can_translate(name: str) -> None:
    place = database.ROOT / "templates" / name
    files = sorted(place.rglob("*.html")) if place.is_dir() else [place]
    assert files
    for file in files:
        text = re.sub(r"\{#.*?#\}|<code>.*?</code>", "", file.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "§", text, flags=re.DOTALL)
        attributes = re.findall(r' (?:title|aria-label|placeholder|alt)="([^"]*)"', text)
        words = re.findall(r"[A-Za-z]{3,}", " ".join((re.sub(r"<[^>]*>", " ", text), *attributes)))
        assert set(words) <= {"Tidewater", "Market", "Markdown", "JSON", "nbsp"} | PARAMETERS, file
