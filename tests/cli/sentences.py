"""What a source says to people, read from it: each sentence, with `{}` for the values that only a run knows.

Method: what is given to `say`, to `whisper` or to an error is followed through the function that says it: conditions,
variables, functions and tables of its own module. What cannot be followed is a value.
"""

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path

SAYING = ("say", "whisper", "progress")
OF_AN_ERROR = ("what", "safe", "next")
DEPTH_MAX = 6  # variables and functions followed, one from another
WAYS_MAX = 500  # sentences that one call may say
VALUE = "{}"
NOTHING = ("", "-", "?")  # what stands for a value that there is none of
_UNCHANGED = ("strip", "lstrip")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SEVERAL = (ast.List, ast.ListComp, ast.GeneratorExp)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)


class Source:
    """A module, and what it says."""

    def __init__(self, file: Path) -> None:
        self._tree = ast.parse(file.read_text())
        self._functions = {one.name: one for one in ast.walk(self._tree) if isinstance(one, ast.FunctionDef)}

    def lines(self) -> set[str]:
        """Lines for people."""
        return self._given(lambda call: call.args[:1] if _name(call.func) in SAYING else [])

    def errors(self) -> set[str]:
        """What errors say: what it is, what is safe, what comes next."""
        raised = _raised(self._tree)
        return self._given(lambda call: call.args if id(call) in raised else []) | self._given(_of_an_error)

    def reasons(self) -> set[str]:
        """Texts of three words or more that begin small: what is said within a sentence made elsewhere."""
        skipped = {id(one.value) for one in ast.walk(self._tree) if isinstance(one, ast.Expr)}
        skipped |= {id(one.msg) for one in ast.walk(self._tree) if isinstance(one, ast.Assert)}
        skipped |= {id(part) for one in ast.walk(self._tree) if isinstance(one, ast.JoinedStr) for part in one.values}
        texts = (one for one in ast.walk(self._tree) if isinstance(one, ast.JoinedStr | ast.Constant))
        found = {text for one in texts if id(one) not in skipped for text in self._texts(one, (self._tree,))}
        return {text for text in found if text[:1].islower() and len(text.split()) > 2}

    def _given(self, chosen: Callable[[ast.Call], Sequence[ast.expr]]) -> set[str]:
        found = set()
        for call, scopes in _calls(self._tree, (self._tree,)):
            for given in chosen(call):
                found |= self._texts(given, scopes)
        return found

    def _texts(self, one: ast.expr | None, scopes: tuple[ast.AST, ...], depth: int = 0) -> set[str]:
        """Every text that *one* may be."""

        def of(*parts: ast.expr) -> set[str]:
            return set().union(*(self._texts(part, scopes, depth) for part in parts))

        match one:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.JoinedStr(values=parts):
                return _joined([self._texts(part, scopes, depth) for part in parts])
            case ast.FormattedValue(value=value, format_spec=spec):
                return _valued(of(value), spec)
            case ast.Starred(value=value):
                return of(value)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _joined([of(left), of(right)])
            case ast.IfExp(body=body, orelse=orelse):
                return of(body, orelse)
            case ast.BoolOp(values=values) | ast.Tuple(elts=values) | ast.List(elts=values):
                return of(*values)
            case ast.Dict(values=values):
                return of(*values)
            case ast.GeneratorExp(elt=each) | ast.ListComp(elt=each):
                return of(each)
            case ast.Call(func=ast.Attribute(value=ast.Constant(value="\n"), attr="join"), args=[several]):
                return of(several)
            case ast.Call(func=ast.Attribute(value=value, attr="rstrip"), args=[]):
                return set().union(*map(_ends, of(value)))
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _UNCHANGED:
                return of(value)
            case ast.Call(func=ast.Name(id=name)) if name in self._functions and depth < DEPTH_MAX:
                return self._returned(name, depth + 1)
            case ast.Subscript(value=ast.Name() as table):
                return self._texts(table, scopes[:1], depth)
            case ast.Subscript(value=ast.Dict() as table):
                return of(table)
            case ast.Call(func=ast.Attribute(value=ast.Name() as table, attr="get"), args=[_, *other]):
                return self._texts(table, scopes[:1], depth) | of(*other)
            case ast.Name(id=name) if depth < DEPTH_MAX:
                return self._assigned(name, scopes, depth + 1)
        return {VALUE}

    def _returned(self, name: str, depth: int) -> set[str]:
        function = self._functions[name]
        returned = (one.value for one in ast.walk(function) if isinstance(one, ast.Return | ast.Yield) and one.value)
        return set().union(*(self._texts(one, (self._tree, function), depth) for one in returned)) or {VALUE}

    def _assigned(self, name: str, scopes: tuple[ast.AST, ...], depth: int) -> set[str]:
        """What a variable of the innermost scope that has it may be, with what is added to it."""
        for scope in reversed(scopes):
            given, added = _assignments(name, scope)
            if not given and _takes(scope, name):
                return {VALUE}
            if given:
                texts = set().union(*(self._texts(one, scopes, depth) for one in given))
                for one in added:
                    texts |= _joined([texts, self._texts(one, scopes, depth)])
                return texts
        return {VALUE}


def _valued(texts: set[str], spec: ast.expr | None) -> set[str]:
    """What stands in a sentence for a value: as wide as it is said to be; a value that may be empty is one."""
    width = spec.values[0] if isinstance(spec, ast.JoinedStr) and spec.values else None
    if isinstance(width, ast.Constant):
        texts = {VALUE if VALUE in text else format(text, str(width.value)) for text in texts}
    return texts - set(NOTHING) if VALUE in texts else texts


def _of_an_error(call: ast.Call) -> list[ast.expr]:
    """The three answers of an error that is made; a class of ours gives its own to the one it is made of."""
    named = {one.arg: one.value for one in call.keywords if one.arg in OF_AN_ERROR}
    return [*call.args[:1], *named.values()] if named.keys() & {"safe", "next"} else []


def _raised(tree: ast.Module) -> set[int]:
    """The calls that make what is raised, by id; those of the language's own errors are our mistakes, or caught."""
    calls = (one.exc for one in ast.walk(tree) if isinstance(one, ast.Raise) and isinstance(one.exc, ast.Call))
    return {id(one) for one in calls if _name(one.func) and not hasattr(builtins, _name(one.func))}


def _name(one: ast.expr) -> str:
    return one.id if isinstance(one, ast.Name) else ""


def _calls(one: ast.AST, scopes: tuple[ast.AST, ...]) -> Iterator[tuple[ast.Call, tuple[ast.AST, ...]]]:
    for part in ast.iter_child_nodes(one):
        within = (*scopes, part) if isinstance(part, _FUNCTIONS) else scopes
        if isinstance(part, ast.Call):
            yield part, scopes
        yield from _calls(part, within)


def _assignments(name: str, scope: ast.AST) -> tuple[list[ast.expr], list[ast.expr]]:
    given, added = [], []
    for one in _own(scope):
        match one:
            case ast.For(target=target, iter=ast.Tuple(elts=rows)):
                given += [value for row in rows for value in _bound(name, target, row)]
            case ast.For(target=ast.Name(id=found), iter=several) if found == name:
                given.append(several)
            case ast.For(
                target=ast.Tuple(elts=[_, ast.Name(id=found)]),
                iter=ast.Call(func=ast.Attribute(value=ast.Name() as table, attr="items")),
            ) if found == name:
                given.append(table)
            case ast.Assign(targets=[target], value=value):
                given += _bound(name, target, value)
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                given.append(value)
            case ast.NamedExpr(target=ast.Name(id=found), value=value) if found == name:
                given.append(value)
            case ast.AugAssign(target=ast.Name(id=found), op=ast.Add(), value=value) if found == name:
                (given if isinstance(value, _SEVERAL) else added).append(value)
    return given, added


def _takes(scope: ast.AST, name: str) -> bool:
    """Whether *name* is given to the function *scope*."""
    if not isinstance(scope, _FUNCTIONS):
        return False
    return name in {one.arg for one in (*scope.args.args, *scope.args.kwonlyargs)}


def _bound(name: str, target: ast.expr, value: ast.expr) -> list[ast.expr]:
    """What *name* is when *target* is *value*."""
    match target, value:
        case ast.Name(id=found), _ if found == name:
            return [value]
        case ast.Tuple(elts=names), ast.Tuple(elts=values):
            return [one for each, part in zip(names, values, strict=True) for one in _bound(name, each, part)]
    return []


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The parts of *scope* that are in no function within it."""
    for part in ast.iter_child_nodes(scope):
        if not isinstance(part, _SCOPES):
            yield part
            yield from _own(part)


def _joined(parts: Sequence[set[str]]) -> set[str]:
    ways = 1
    for part in parts:
        ways *= len(part)
    assert ways <= WAYS_MAX, parts
    return {"".join(one) for one in product(*parts)}


def _ends(text: str) -> set[str]:
    """*text* as it ends when its last value is empty, and when it is not."""
    return {text, text.removesuffix(VALUE).rstrip()}
