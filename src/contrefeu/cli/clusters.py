"""What commands say of an Apache Spark cluster: the options that they share, and who reads entries on one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from contrefeu.chart import Begin

Engine = Literal["local", "spark"]
Master = Annotated[str, typer.Option(metavar="URL", help="Spark's: local[N], or spark://HOST:PORT.")]
ClusterKey = Annotated[
    Path | None, typer.Option(metavar="FILE", help="With spark on other machines: the key that they share.")
]


@contextmanager
def reading(engine: Engine, master: str, key: Path | None) -> "Iterator[Begin | None]":
    """Who reads entries ahead: None for this machine."""
    if engine == "local":
        yield None
        return
    from contrefeu.recovery import Cluster, reading_on_cluster

    with reading_on_cluster(Cluster(master, key)) as begin:
        yield begin
