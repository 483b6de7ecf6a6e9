"""Cards in a second language: every check can be said in it, what it lacks is English and told, faults are named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

import hooks.languages
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Wording
from cds.language import Language, in_language, language_faults
from cds.site import Site, laid_over, only_reviewed
from hooks.engine import Engine
from hooks.languages import LanguageFaults, english, read_language
from hooks.respond import respond
from hooks.services import service_for_hook
from hooks.settings import Settings
from hooks.sites import Sites, SitesFaults, knowledge_at
from hooks.store.tables import calls
from tests.support.cases import Case, all_cases, case_named
from tests.support.render import render_bytes

MARK = "¡"  # every word of the invented language begins with it
ROOT = Path(__file__).resolve().parents[2]


def said(text: str) -> str:
    return f"{MARK}{text}"


def spoken(words: Wording) -> Wording:
    return Wording(said(words.headline), said(words.why), said(words.do))


def invented() -> Language:
    """A complete language: that of the English texts with a mark before each."""
    known = load_knowledge()
    return Language(
        frame={name: said(text) for name, text in english().items()},
        checks={
            id: {name: spoken(words) for name, words in check.wording.items()} for id, check in known.checks.items()
        },
        reasons={code: said(reason.display) for code, reason in known.overrides.items()},
    )


def answer(case: Case, language: Language) -> dict[str, Any]:
    engine = Engine(Settings(as_of=case.as_of), in_language(load_knowledge(), "xx", language))
    service = service_for_hook(case.hook)
    assert service is not None
    found: dict[str, Any] = orjson.loads(respond(render_bytes(case, "R4"), service, engine).body)
    return found


def test_a_complete_language_has_no_fault_and_leaves_nothing_in_english() -> None:
    assert list(language_faults(invented(), load_knowledge(), english())) == []
    assert in_language(load_knowledge(), "xx", invented()).untranslated == frozenset()


def test_every_wording_that_a_case_brings_out_is_said_in_the_second_language() -> None:
    """Every headline, why and do, and all that frames them; the findings are the same as in English."""
    knowledge = in_language(load_knowledge(), "xx", invented())
    engines: dict[Any, Engine] = {}
    cards = 0
    for case in all_cases():
        if "R4" not in case.releases or case.profile != "us":
            continue
        engine = engines.setdefault(case.as_of, Engine(Settings(as_of=case.as_of), knowledge))
        service = service_for_hook(case.hook)
        assert service is not None
        reply = orjson.loads(respond(render_bytes(case, "R4"), service, engine).body)
        about = reply.get("extension", {}).get("org.gabaguard.report", {})
        assert about.get("language", {"code": "xx"}) == {"code": "xx"}
        for card in reply["cards"]:
            cards += 1
            assert card["summary"].startswith(MARK), (case.id, card["summary"])
            heads = [part.split("**")[1] for part in card["detail"].split("\n\n") if part.startswith("**")]
            assert heads
            assert all(head.startswith(MARK) for head in heads), (case.id, heads)
            for reason in card.get("overrideReasons", ()):
                assert reason["display"].startswith(MARK)
                assert MARK not in reason["code"]
    assert cards > 1000


def test_what_a_language_lacks_is_english_and_told() -> None:
    one = {"baclofen-renal-dose": invented().checks["baclofen-renal-dose"]}
    reply = answer(case_named("suggest-last-resort"), Language(checks=one))
    about = reply["extension"]["org.gabaguard.report"]
    assert about["language"]["code"] == "xx"
    assert "baclofen-renal-dose" not in about["language"].get("english", [])
    assert any(card["summary"].startswith(MARK) for card in reply["cards"])
    partly = Language(checks={"baclofen-renal-dose": dict(list(one["baclofen-renal-dose"].items())[:1])})
    told = answer(case_named("suggest-last-resort"), partly)["extension"]["org.gabaguard.report"]["language"]
    assert "baclofen-renal-dose" in told["english"]


def test_the_version_names_the_words() -> None:
    """An edited translation changes what is read on cards."""
    one, other = (in_language(load_knowledge(), "xx", Language(frame={"seen": word})) for word in ("Gesehen", "Da ist"))
    assert len({load_knowledge().version, one.version, other.version}) == 3


def test_the_longest_version_fits_the_table_of_calls() -> None:
    known = in_language(load_knowledge(), "gsw-u1234567", Language())
    there = only_reviewed(laid_over(known, Site("x" * 64, select_minutes=1)), {})
    assert len(there.version) <= calls.c.knowledge.type.length


def test_in_english_nothing_is_said_of_a_language() -> None:
    case = case_named("suggest-last-resort")
    engine = Engine(Settings(as_of=case.as_of), load_knowledge())
    service = service_for_hook(case.hook)
    assert service is not None
    reply = orjson.loads(respond(render_bytes(case, "R4"), service, engine).body)
    assert "language" not in reply["extension"]["org.gabaguard.report"]


WORDS = next(iter(invented().checks["baclofen-max-dose"].values()))
VARIANT = next(iter(load_knowledge().checks["baclofen-max-dose"].wording))


@pytest.mark.parametrize(
    ("language", "fault"),
    [
        (Language(frame={"none": "x"}), "frame.none: there is no such word; there are also, do"),
        (Language(frame={"more": "mehr"}), "frame.more: must have the placeholders of the English: {count}"),
        (Language(frame={"seen": "{x}"}), "frame.seen: must have the placeholders of the English: none"),
        (Language(checks={"none": {}}), "checks.none: there is no such check"),
        (Language(checks={"baclofen-max-dose": {"none": WORDS}}), "baclofen-max-dose.none: there is no such wording"),
        (Language(reasons={"none": "x"}), "reasons.none: there is no such override reason"),
    ],
)
def test_each_fault_is_named(language: Language, fault: str) -> None:
    (found,) = language_faults(language, load_knowledge(), english())
    assert fault in found


@pytest.mark.parametrize(
    ("part", "text", "fault"),
    [
        ("headline", "Zu viel", ".headline: must have the placeholders of the English: {limit}"),
        ("headline", "{one} {total} {unit} {limit} {unit} {more}", ".headline: must have the placeholders"),
        ("headline", "{one} {total} {unit} {limit} {unit}" + "x" * 139, ".headline: has 174 characters, 139 at most"),
        ("why", "{", ".why: a brace is not closed"),
        ("do", "{dose}", ".do: must have the placeholders of the English: none"),
    ],
)
def test_a_sentence_that_would_break_a_card_is_a_fault(part: str, text: str, fault: str) -> None:
    words = msgspec.structs.replace(load_knowledge().checks["baclofen-max-dose"].wording[VARIANT], **{part: text})
    language = Language(checks={"baclofen-max-dose": {VARIANT: words}})
    (found,) = language_faults(language, load_knowledge(), english())
    assert fault in found


# -- files -----------------------------------------------------------------------------------------------------------


def test_a_site_speaks_the_language_of_its_file(tmp_path: Path) -> None:
    text = "\n".join(f'{name} = "{MARK}{text}"' for name, text in english().items())
    (tmp_path / "xx.toml").write_text(f"[frame]\n{text}\n", encoding="utf-8")
    settings = Settings(languages=str(tmp_path))
    knowledge = knowledge_at(Site("here", language="xx"), load_knowledge(), settings)
    assert knowledge.language == "xx"
    assert knowledge.frame["seen"] == f"{MARK}Seen"
    assert knowledge.untranslated == knowledge.checks.keys()
    assert knowledge.version != knowledge_at(Site("here"), load_knowledge(), settings).version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "xx.toml: there is no such file in the folder that GABAGUARD_LANGUAGES names"),
        ("[frame", "xx.toml: is not TOML"),
        ("[words]\n", "xx.toml: Object contains unknown field `words`"),
        ("[frame]\nseen = 1\n", "xx.toml: Expected `str`, got `int` - at `$.frame[...]`"),
        ('[checks.falls-elderly.default]\nheadline = "x"\n', "xx.toml: Object missing required field `why`"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "xx.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LanguageFaults) as refusal:
        read_language(str(tmp_path), "xx")
    assert said in refusal.value.faults[0]
    sites = tmp_path / "sites"
    sites.mkdir()
    (sites / "default.toml").write_text('language = "xx"\n', encoding="utf-8")
    with pytest.raises(SitesFaults) as stopped:
        Sites(Engine(Settings(sites=str(sites), languages=str(tmp_path)), load_knowledge()))
    assert said in stopped.value.faults[0]


def test_the_english_frame_is_whole() -> None:
    """Every word that cards ask for stands in the file, and nothing else."""
    folder = Path(hooks.languages.__file__).parent
    text = (ROOT / "hooks/cards.py").read_text("utf-8")
    bases = {"published", "mixed", "house"}
    assert set(tomllib.loads((folder / "en.toml").read_text("utf-8"))["frame"]) == set(english())
    assert all(f"'{name}'" in text or f'"{name}"' in text or name in bases for name in english())
