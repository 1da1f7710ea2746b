"""`vault repair`: the journals of a home and their copies mend each other."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from contrefeu.base import ContrefeuError
from contrefeu.cli.bringing import around, brought
from contrefeu.cli.separation import give_journals, give_vault
from contrefeu.cli.verifying import report_of
from contrefeu.journal import Damage, JournalFiles, Verified, keyless_in, verify_journal
from contrefeu.vault import (
    JOURNALS,
    ROOM_LEFT_BYTES,
    ObjectStore,
    Repaired,
    Vault,
    copies_in,
    copy_in_folder,
    copy_in_vault,
    is_pulled,
    lies_elsewhere,
    open_vault,
    repair,
    repair_store,
)

if TYPE_CHECKING:
    from contrefeu.cli.node import Node

HOME = "home"


def repair_all(node: "Node") -> dict[str, Any]:
    """Mend the home's journals, then the copies in folders; what `vault repair --json` prints.

    What no other copy mends is asked of vault hosts that pull: they bring theirs back.
    """
    vaults: list[Vault] = []
    away: list[dict[str, str]] = []
    elsewhere = [said.url for said in node.settings.vaults if lies_elsewhere(said.url)]
    for said in node.settings.vaults:
        if said.url in elsewhere:
            continue
        try:
            vault = open_vault(said.url, node.paths.vault_credentials)
            vault.identity()
            vaults.append(vault)
        except ContrefeuError as lost:
            away.append({"url": said.url, "problem": lost.what})
    mended = _mend(node, vaults)
    for url in filter(is_pulled, elsewhere):
        try:
            mended = _mend_from_host(node, url, vaults, mended)
        except ContrefeuError as lost:
            away.append({"url": url, "problem": lost.what})
    give_journals(node)
    for vault in vaults:
        give_vault(node, vault.url)
    report = report_of(mended.checked)
    unmended = [one for one in mended.done if not one["source"]]
    return {
        "intact": report.intact and not away and not unmended,
        "entries": sum(one.entries for one in mended.checked[: len(node.journals())]),
        "checkpoint": report.checkpoint,
        "damage": report.damage,
        "repaired": [one for one in mended.done if one["source"]],
        "not_repaired": unmended,
        "copied": sum(bool(one["source"]) for one in mended.done),
        "away": away,
        "held_elsewhere": elsewhere,
        "exit_status": report.exit_status or (12 if unmended else 14 if away else 0),
    }


@dataclass(frozen=True, slots=True)
class _Mended:
    """What was done, and what a check found afterwards: the home's journals first."""

    done: list[dict[str, Any]]
    checked: list[Verified]


def _mend_from_host(node: "Node", url: str, vaults: list[Vault], mended: _Mended) -> _Mended:
    """Once more, with what a vault host brings back of what is damaged, until that shows nothing further."""
    asked: dict[str, tuple[int, int]] = {}
    while (wanted := around(_damage(node, mended))) and wanted != asked:
        asked = wanted
        free = shutil.disk_usage(node.paths.run).free  # what is missing has some size, and the feeds need room too
        with brought(node, url, wanted, max(0, min(free // 2, free - ROOM_LEFT_BYTES))) as vault:
            after = _mend(node, vaults, [vault])
        mended = _Mended([one for one in mended.done if one["source"]] + after.done, after.checked)
    return mended


def _damage(node: "Node", mended: _Mended) -> Iterator[Damage]:
    """What is damaged still, but for what nothing mends: a journal without its key, the segment that is written."""
    written = {files.verifier().name: max(files.segments(), default=0) for files in node.journals()}
    found = [one for checked in mended.checked if not checked.keyless for one in checked.damage]
    found += [Damage(one["journal"], one["segment"], 0, 0, 0, "altered") for one in mended.done if not one["source"]]
    for one in found:
        if one.segment and one.segment != written.get(one.journal):
            yield one


def _mend(node: "Node", vaults: Sequence[Vault], sources: Sequence[Vault] = ()) -> _Mended:
    """Let the home's journals and the copies in *vaults* mend each other; *sources* mend, and are not mended here."""
    custodians = node.custodians()
    done: list[dict[str, Any]] = []
    checked: list[Verified] = []
    for files in node.journals():
        copies = [copy_in_vault(vault, files.folder.name) for vault in (*vaults, *sources)]
        repaired, found = repair(files, copies, custodians)
        done += _told(HOME, repaired)
        checked.append(found)
    for vault in vaults:
        done += _keys_put_back(node, vault)
        for files in _in_folder(vault):
            others = [copy_in_vault(other, files.folder.name) for other in (*vaults, *sources) if other is not vault]
            own = copy_in_folder(HOME, JournalFiles(node.paths.journals / files.folder.name))
            repaired, found = repair(files, [own, *others], custodians)
            done += _told(vault.url, repaired)
            checked.append(found)
        if isinstance(vault, ObjectStore):
            done += _in_store(node, vault, [*vaults, *sources])
    checked += [verify_journal(files) for files in keyless_in(node.paths.journals)]  # told, and not mended
    return _Mended(done, checked)


def _keys_put_back(node: "Node", vault: Vault) -> Iterator[dict[str, Any]]:
    """Give a copy the public key of its journal, where it is gone: without it nothing of the copy can be checked."""
    for files in node.journals():
        name = f"{JOURNALS}/{files.folder.name}"
        if vault.names(f"{name}/segments") and not vault.read(f"{name}/verifier"):
            vault.put(f"{name}/verifier", files.verifier_file.read_bytes())
            yield from _told(vault.url, [Repaired(files.verifier().name, 0, HOME, "", -1)])


def _in_folder(vault: Vault) -> Iterator[JournalFiles]:
    """The copies of a vault that lie in a folder."""
    if not vault.url.startswith("file:"):
        return
    try:
        yield from copies_in(vault)
    except ContrefeuError:  # none yet
        return


def _in_store(node: "Node", store: ObjectStore, vaults: Sequence[Vault]) -> list[dict[str, Any]]:
    """Mend the copies of an object store: what is locked there stays, and the good one is laid beside it."""
    done: list[dict[str, Any]] = []
    for files in node.journals():
        name = files.folder.name
        others = [copy_in_vault(other, name) for other in vaults if other is not store]
        own = copy_in_folder(HOME, files)
        done += _told(store.url, repair_store(store, name, files.verifier(), [own, *others]))
    return done


def _told(place: str, repaired: list[Repaired]) -> list[dict[str, Any]]:
    return [{"place": place, **asdict(one)} for one in repaired]
