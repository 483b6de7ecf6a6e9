"""The README tells the truth: its cards are those that this version makes, its links and commands exist.

After wording has changed: ``python -m tests.test_project_readme`` writes the cards anew; read the difference before
committing it.
"""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from hooks.cli import cli
from hooks.services import catalogue

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(
    r"(<!-- output of: gabaguard (?P<command>[^>]*?) -->\n```text\n)(?P<output>.*?)(```\n<!-- end of output -->)",
    re.DOTALL,
)


def printed(command: str) -> str:
    """What a command prints, as the README shows it: from the root, without trailing blanks."""
    words = [str(README.parent / word) if word.startswith("fixtures/") else word for word in command.split()]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code in (0, 1), result.output
    return "\n".join(line.rstrip() for line in result.output.splitlines()) + "\n"


def test_the_cards_in_the_readme_are_those_of_this_version() -> None:
    """The example is what a newcomer will see."""
    blocks = list(BLOCK.finditer(README.read_text(encoding="utf-8")))
    assert blocks
    for block in blocks:
        assert block["output"] == printed(block["command"])


def test_files_the_readme_points_to_exist() -> None:
    """No link of the README leads nowhere."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text(encoding="utf-8"))
    assert targets
    assert not [target for target in targets if not (README.parent / target).exists()]


def test_make_targets_and_commands_of_the_readme_exist() -> None:
    """Each `make x` and `gabaguard x` that the README names is there."""
    text = README.read_text(encoding="utf-8")
    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)", text)) - {"or"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for command in set(re.findall(r"\bgabaguard ([a-z]+)\b", text)) & {
        "check",
        "serve",
        "demo",
        "knowledge",
        "settings",
    }:
        assert command in cli.commands


def test_every_service_is_in_the_readme() -> None:
    """The table of services is whole."""
    text = README.read_text(encoding="utf-8")
    for service in catalogue().values():
        if not service.id.endswith("-dstu2"):
            assert f"| `{service.id}` | `{service.hook}` |" in text


def rewrite() -> None:
    """Write the example outputs anew."""
    text = README.read_text(encoding="utf-8")
    text = BLOCK.sub(lambda block: block[1] + printed(block["command"]) + block[4], text)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
