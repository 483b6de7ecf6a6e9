"""Whatever a request holds, its words do nothing on a card but stand there."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hooks.wording import SUMMARY_LENGTH, fill, markdown, plain, reference, short, shown

RENDERERS = [
    MarkdownIt("commonmark", {"html": True}),
    MarkdownIt("commonmark", {"html": False}),
    MarkdownIt("js-default", {"html": True}),
]
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[Approved by FDA](https://evil.example)",
    "![x](http://evil.example/beacon.png)",
    "https://evil.example/a",
    "HTTP://EVIL.EXAMPLE",
    "www.evil.example",
    "mailto:a@evil.example",
    "a@evil.example",
    "# Heading",
    "- item",
    "1. item",
    "> quote",
    "```code",
    "| a | b |\n|---|---|\n| c | d |",
    "**bold** _it_ ~~no~~ `code`",
    "line\n\n# two",
    "&lt;b&gt; &#60;script&#62;",
    "<!-- x -->",
    "\\<b>",
    "[x]: https://evil.example",
    "‮abc‏",
    "a\u200bb\u2028c\x00\x1b[31m",
    "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
]
hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.sampled_from("<>[]()!#*_`~|\\&;:/.@-+=1 aw\n\"'htps"), max_size=40),
    st.text(max_size=40),
    st.builds("".join, st.lists(st.sampled_from(HOSTILE), max_size=3)),
)
INERT = {
    "paragraph_open",
    "paragraph_close",
    "inline",
    "text",
    "text_special",
    "softbreak",
    "strong_open",
    "strong_close",
}


def token_types(text: str, renderer: MarkdownIt) -> set[str]:
    found = set()
    for token in renderer.parse(text):
        found.add(token.type)
        found.update(child.type for child in token.children or ())
    return found


def shown_text(text: str) -> str:
    """What a reader sees: the text content of the rendered Markdown."""
    tokens = MarkdownIt("commonmark", {"html": False}).parse(text)
    return "".join(child.content for token in tokens for child in token.children or ())


@given(hostile)
@example("a" * 500)
def test_a_value_in_the_detail_is_only_text(value: str) -> None:
    """In the middle of a line, where values stand, in three renderers: no tag, link, image, heading, list, code."""
    for renderer in RENDERERS:
        types = token_types(f"**Seen** {markdown(value)} · more", renderer)
        assert types <= INERT | {"entity"}, types


@given(hostile)
def test_a_summary_is_only_text_in_every_renderer(value: str) -> None:
    headline = fill("{drug} with {other}: avoid", {"drug": value, "other": value}, plain)
    for renderer in RENDERERS:
        assert not token_types(headline, renderer) & {
            "html_inline", "html_block", "link_open", "image", "heading_open", "code_inline", "fence", "blockquote_open"
        }  # fmt: skip
    assert not re.search(r"<[A-Za-z/!?]", headline)


@given(hostile)
def test_nothing_links_by_itself(value: str) -> None:
    """GitHub-flavoured renderers link bare addresses; ours never hold one."""
    for text in (shown_text(markdown(value)), plain(value)):
        assert not re.search(r"(?i)(https?|ftp)://\S", text)
        assert not re.search(r"(?i)\bwww\.\S", text)
        assert not re.search(r"\S@\S", text)


@given(st.text(max_size=60))
def test_no_invisible_or_turning_characters(value: str) -> None:
    for text in (markdown(value), plain(value)):
        assert all(unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for char in text)


@pytest.mark.parametrize(
    "ordinary",
    [
        "baclofen 10 mg three times daily (this order) = 30 mg/day",
        "eGFR 26 mL/min/1.73 m², CKD-EPI 2021 (3 June 2026)",
        "Oxycodone Hydrochloride 5 MG / Acetaminophen 325 MG Oral Tablet",
        "0.5–1 mg, at most 4 mg/24 h",
        "Müller-Präparat 2,5 %",
    ],
)
def test_ordinary_words_stay_as_they_are(ordinary: str) -> None:
    assert shown_text(markdown(ordinary)) == ordinary
    assert plain(ordinary) == ordinary


@given(st.text(max_size=400), st.integers(20, SUMMARY_LENGTH))
def test_short_is_short(text: str, limit: int) -> None:
    assert len(short(text, limit)) <= limit
    if len(text) <= limit:
        assert short(text, limit) == text


def test_values_read_like_words() -> None:
    assert shown(30.0) == "30"
    assert shown(0.125) == "0.125"
    assert shown("2026-06-03") == "3 June 2026"
    assert shown("2026-13-03") == "2026-13-03"
    assert shown(["a", "b"]) == "a, b"
    assert shown(True) == "yes"


def test_a_missing_value_does_not_break_a_card() -> None:
    assert fill("eGFR {egfr}", {}, plain) == "eGFR (unknown)"


def test_a_placeholder_in_a_value_is_not_filled() -> None:
    assert fill("{a}", {"a": "{b}", "b": "secret"}, plain) == "{b}"


@pytest.mark.parametrize("good", ["MedicationRequest/m-1", "urn:uuid:0b1c", "context.draftOrders.entry", "Med/a_b.c"])
def test_references_stay_references(good: str) -> None:
    assert reference(good) == good


@pytest.mark.parametrize("bad", ["MedicationRequest/<script>", "a b", "[x](y)", "", "x" * 300])
def test_what_is_no_reference_is_made_harmless(bad: str) -> None:
    assert "<" not in reference(bad)
    assert "[" not in reference(bad)
