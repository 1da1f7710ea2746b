"""`contrefeu bench`: the benchmarks of `bench/`, as ratios measured in one run."""

import importlib.util
from pathlib import Path
from typing import Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, say, whisper


def bench(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Only these.")] = None,
    json: Json = False,
) -> None:
    """Run the benchmarks; they lie beside the source and are not installed."""
    from contrefeu.base import OperatorError

    folder = Path(__file__).parents[3] / "bench"
    found = {path.stem: path for path in sorted(folder.glob("[a-z]*.py"))}
    unknown = [name for name in names or [] if name not in found]
    if not found or unknown:
        raise OperatorError(
            f"There is no benchmark {', '.join(unknown)}." if unknown else "The benchmarks are not installed here.",
            next=f"Known: {', '.join(found)}" if found else "Run it in a clone of the project.",
        )
    results: list[dict[str, Any]] = []
    for name in names or found:
        whisper(f"bench {name} ...")
        results += _load(found[name]).run()

    def for_people() -> None:
        for r in results:
            say(f"{r['name']:44} {r['ours']:>14.6g} {r['reference']:>14.6g} {r['unit']:12} x{r['ratio']:.2f}")

    answer(json, {"results": results}, for_people)


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
