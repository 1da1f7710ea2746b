"""`contrefeu bench`: the benchmarks of `bench/`, as ratios measured in one run."""

import importlib
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from contrefeu.cli.door import Json, answer, say, whisper


def bench(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Only these.")] = None,
    json: Json = False,
) -> None:
    """Run the benchmarks; they lie beside the source and are not installed.

    Ours and what it is compared with take turns, so that the ratio holds on a machine that does other work too; the
    load is said beside them, and above about half a core it bends them. bench/peers/install.sh brings what is
    compared with; of what is missing a row says "not installed". BENCH_DIR names the folder, and so the disk, that is
    measured; BENCH_MESSAGES how many messages `journal` imports and `restore` restores; BENCH_PATIENTS among how many
    `search` looks. docs/explain/speed.md says what the rows mean.
    """
    from contrefeu.base import OperatorError

    folder = Path(__file__).parents[3] / "bench"
    found = {path.stem: path for path in sorted(folder.glob("[a-z]*.py"))}
    unknown = [name for name in names or [] if name not in found]
    if not found or unknown:
        raise OperatorError(
            f"There is no benchmark {', '.join(unknown)}." if unknown else "The benchmarks are not installed here.",
            next=f"Known: {', '.join(found)}" if found else "Run it in a clone of the project.",
        )
    machine = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2)}
    results: list[dict[str, Any]] = []
    for name in names or found:
        whisper(f"bench {name} ...")
        results += _load(found[name]).run()

    def for_people() -> None:
        for r in results:
            say(_line(r))
        say(f"{machine['cores']} cores; load {machine['load_before']} before, {machine['load_after']} after")

    machine["load_after"] = round(os.getloadavg()[0], 2)
    answer(json, {"results": results, "machine": machine}, for_people)


def _line(r: dict[str, Any]) -> str:
    if r["reference"] is None:
        return f"{r['name']:60} {r['ours']:>12.6g} {r['note']:>12} {r['unit']:10}"
    target = f"   target {r['target']}: {'met' if r['met'] else 'missed'}" if "target" in r else ""
    return f"{r['name']:60} {r['ours']:>12.6g} {r['reference']:>12.6g} {r['unit']:10} x{r['ratio']:.2f}{target}"


def _load(path: Path) -> Any:
    root = str(path.parents[1])
    if root not in sys.path:
        sys.path.insert(0, root)
    return importlib.import_module(f"bench.{path.stem}")
