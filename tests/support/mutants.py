"""Small wrong changes of the code of ``cds/``, one at a time: what mutation testing plants.

The operators are mutmut's, those that change what a clinician would notice: comparisons, and/or/not, arithmetic,
numbers, membership, ternaries, assignments, branches of a match. Ours besides: a condition turned round, a filter
of a comprehension dropped. Left out: other words in strings (cases compare findings, not prose) and arguments removed
(nearly all end in a TypeError at once, which says nothing about the tests but makes the share look better).

mutmut itself does not change decorated functions and knows no limit on the tests of one mutant; with a suite of this
size it would take days. Here a mutant is the changed code of one function, put in the place of the function's own code
in a process that has all loaded.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import libcst as cst
import msgspec
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = {mutators.operator_string, mutators.operator_arg_removal, mutators.operator_dict_arguments}
SHORT = 16  # letters of a change that says nothing without its line
# What runs when the knowledge is loaded, before any mutant is planted; it has proofs of its own.
AT_LOAD = (
    "cds/knowledge/",
    "cds/terminology/load.py",
    "cds/arithmetic/rules.py",
    "cds/arithmetic/siglexicon.py",
    "cds/checks/registry.py",
    "cds/memo.py",
)


class Mutant(msgspec.Struct, frozen=True):
    """One change. ``name`` stays the same when other code moves; ``lines`` are those of what changes."""

    file: str
    function: str
    name: str
    lines: tuple[int, int]
    statement: tuple[int, int]
    within: tuple[int, int]  # the lines of the function
    at: int  # which of the file's changes

    @property
    def module(self) -> str:
        """ "cds.arithmetic.dose"."""
        return module_of(self.file)


def module_of(file: str) -> str:
    """ "cds.arithmetic.dose"."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def files() -> list[str]:
    """The files that are mutated."""
    found = (path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "cds").rglob("*.py")))
    return [file for file in found if not file.startswith(AT_LOAD)]


def _condition(node: cst.If) -> Iterable[cst.CSTNode]:
    """``if a`` -> ``if not (a)``, where no operator of mutmut's has something to change."""
    if isinstance(node.test, cst.Name | cst.Attribute | cst.Call | cst.Subscript | cst.NamedExpr):
        yield node.with_changes(test=_not(node.test))


def _filter(node: cst.CompIf) -> Iterable[cst.CSTNode]:
    yield node.with_changes(test=cst.Name("True"))


def _operand(node: cst.BooleanOperation) -> Iterable[cst.CSTNode]:
    """``a and b`` -> ``a``, and -> ``b``: a condition nobody needs."""
    yield node.left.with_changes(lpar=[*node.lpar, *node.left.lpar], rpar=[*node.left.rpar, *node.rpar])
    yield node.right.with_changes(lpar=[*node.lpar, *node.right.lpar], rpar=[*node.right.rpar, *node.rpar])


def _not(node: cst.BaseExpression) -> cst.UnaryOperation:
    bare = node.with_changes(lpar=[cst.LeftParen(), *node.lpar], rpar=[*node.rpar, cst.RightParen()])
    return cst.UnaryOperation(operator=cst.Not(), expression=bare)


OPERATORS: list[tuple[type, Callable[[Any], Iterable[cst.CSTNode]]]] = [
    *((kind, operator) for kind, operator in mutators.mutation_operators if operator not in LEFT_OUT),
    (cst.If, _condition),
    (cst.CompIf, _filter),
    (cst.BooleanOperation, _operand),
]


class _Visitor(cst.CSTVisitor):
    """Collects the changes of functions and methods; of a function in a function under the name of the outer one."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[int, int]], cst.CSTNode, cst.CSTNode]] = []
        self.within: list[tuple[int, int]] = []
        self.classes: list[str] = []
        self.functions: list[str] = []
        self.statements: list[tuple[int, int]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Annotation | cst.Decorator | cst.Param):
            return False  # made when the function is defined, not when it runs
        if isinstance(node, cst.ClassDef):
            self.classes.append(node.name.value)
        elif isinstance(node, cst.FunctionDef):
            self.functions.append(node.name.value)
            self.within.append(self._span(node))
        if isinstance(node, cst.SimpleStatementLine | cst.If | cst.For | cst.While | cst.With | cst.Match):
            head = getattr(node, "body", None) if not isinstance(node, cst.SimpleStatementLine) else None
            span = self._span(node)
            last = self._span(head)[0] - 1 if isinstance(head, cst.IndentedBlock) else span[1]
            self.statements.append((span[0], max(span[0], last)))
        if self.functions:
            self._change(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.ClassDef):
            self.classes.pop()
        elif isinstance(original_node, cst.FunctionDef):
            self.functions.pop()
            self.within.pop()
        if isinstance(original_node, cst.SimpleStatementLine | cst.If | cst.For | cst.While | cst.With | cst.Match):
            self.statements.pop()

    def _span(self, node: Any) -> tuple[int, int]:
        place = self.get_metadata(PositionProvider, node, None)
        return (place.start.line, place.end.line) if place else self.statements[-1]

    def _change(self, node: cst.CSTNode) -> None:
        for kind, operator in OPERATORS:
            if isinstance(node, kind):
                for other in operator(node):
                    owner = ".".join([*self.classes, self.functions[0]])
                    statement = self.statements[-1] if self.statements else self._span(node)
                    span = self._span(node)
                    if isinstance(node, cst.If | cst.Match):
                        span = statement
                    self.found.append((owner, [span, statement, self.within[0]], node, other))


class Source:
    """One file, and what can be changed in it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._visitor = _Visitor()
        text = (ROOT / file).read_text("utf-8")
        self._lines = text.splitlines()
        self._tree = MetadataWrapper(cst.parse_module(text)).visit(self._visitor)

    @cached_property
    def mutants(self) -> list[Mutant]:
        """All changes, in the order of the file."""
        seen: Counter[str] = Counter()
        found = []
        for at, (function, (lines, statement, within), node, other) in enumerate(self._visitor.found):
            before, after = self._words(node), self._words(other)
            name = f"{self.file} {function}: {before} -> {after}"
            if len(before) < SHORT:
                name += f" in `{self._lines[lines[0] - 1].strip()}`"
            seen[name] += 1
            name += f" (#{seen[name]})" if seen[name] > 1 else ""
            found.append(Mutant(self.file, function, name, lines, statement, within, at))
        return found

    def _words(self, node: cst.CSTNode) -> str:
        if isinstance(node, cst.If):
            return f"if {self._words(node.test)}"
        if isinstance(node, cst.Match):
            return "match with " + " | ".join(self._words(case.pattern) for case in node.cases)
        return " ".join(self._tree.code_for_node(node).split())

    def changed(self, mutant: Mutant) -> CodeType | None:
        """The code of the function as changed; None where Python would not take it."""
        _, _, node, other = self._visitor.found[mutant.at]
        changed = self._tree.deep_replace(node, other)
        assert isinstance(changed, cst.Module)
        try:
            whole = compile(changed.code, str(ROOT / mutant.file), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None
        named = [code for code in _codes(whole) if code.co_qualname == mutant.function]
        return named[0] if len(named) == 1 else None


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def plant(mutant: Mutant, code: CodeType) -> bool:
    """Put the changed code in the place of the function's own, for this process. False where it cannot be."""
    found: Any = sys.modules[mutant.module]
    for part in mutant.function.split("."):
        found = vars(found).get(part)
    function = _bare(found)
    if function is None or len(function.__code__.co_freevars) != len(code.co_freevars):
        return False
    function.__code__ = code
    return True


def _bare(found: Any) -> FunctionType | None:
    """The function in a property, a memo, a class method…"""
    while found is not None and not (isinstance(found, FunctionType) and not hasattr(found, "__wrapped__")):
        found = next(
            (
                inner
                for key in ("__wrapped__", "__func__", "fget", "func")
                if (inner := getattr(found, key, None)) is not None
            ),
            None,
        )
    return found
