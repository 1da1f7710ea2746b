"""What lies on a crisis stick, and how it is signed and checked (docs/spec/crisis-stick-v1.md).

    STICK/stick                  the note: who made it, when, for which station; the hash of `files`; a signature
    STICK/files                  SHA-256 and name of every file, as sha256sum writes it
    STICK/hospital.card          the maker's card: its fingerprint is what a stranger compares
    STICK/screens                whose certificates a PC believes that this stick makes a screen of: key's hash, station
    STICK/start.sh  LISEZMOI.txt README.txt
    STICK/home.sealed            the station's home; a code opens it, which lies nowhere
    STICK/program/               the bundle, as its makers signed it; STICK/signers says by which keys
    STICK/guides/  packs/        to read on any PC; packs open with the ward's password
    STICK/contrefeu-exchange/    journals that come and go, each signed for itself: in no list
    STICK/contrefeu-vault/       a copy of what the station writes, a second behind, for a PC that is cut off

Rules kept here:
  * A stick is made in an empty folder. Nothing in it opens anything without the code.
  * Every file but the journals is named in `files`: one that is not, is a finding. What an operating system lays on
    a disk that it mounts is none: no part of a stick starts, opens or reads it.
  * A stick is done once all of it is on the device: it is pulled out a moment later.
  * A file that the device does not give any more is a finding as the others are, and the look goes on.
"""

import os
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path

from contrefeu.base import OperatorError, StorageError, durable_makedirs, sync_tree, write_file
from contrefeu.proof import ProofMismatch, Signer, Verifier, open_note
from contrefeu.vault import STICK_FOLDER, belongs_to_disk

TITLE = "contrefeu crisis stick v1"
NOTE, FILES, CARD, HOME, PROGRAM, SIGNERS = "stick", "files", "hospital.card", "home.sealed", "program", "signers"
SCREENS = "screens"
GROWS = frozenset({STICK_FOLDER, "contrefeu-vault"})  # folders that are in no list
BUNDLE_FILES_MAX = 5_000  # of one bundle: wheels of three Pythons are some four hundred


@dataclass(frozen=True, slots=True)
class Labelled:
    """What the note on a stick says."""

    node: str  # that made it
    facility: str
    station: str  # that it starts
    made: str  # RFC 3339
    files: str  # SHA-256 of the list


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file that is not as it was made."""

    kind: str  # "altered", "missing", "unlisted", "unsigned", "unreadable"
    file: str


@dataclass(slots=True)
class Checked:
    """What a look at a stick found."""

    label: Labelled | None = None
    files: int = 0
    findings: list[Trouble] = field(default_factory=list)

    @property
    def exit_status(self) -> int:
        """0 whole, 12 altered, 13 missing, 14 unreadable, 10 something beside; of several the gravest."""
        kinds = {one.kind for one in self.findings}
        return next((status for status, of in _STATUSES.items() if kinds & of), 0)


# What was altered weighs most; a device that fails says nothing of what was missing on it.
_STATUSES = {12: {"altered", "unsigned"}, 14: {"unreadable"}, 13: {"missing"}, 10: {"unlisted"}}


def sign_stick(stick: Path, label: Mapping[str, str], signer: Signer) -> None:
    """List every file, sign the list, and have the device keep all of it.

    Raises:
        StorageError: It does not.
    """
    listed = "".join(f"{_digest(stick / name)}  {name}\n" for name in sorted(_names(stick)))
    write_file(stick / FILES, listed.encode(), mode=0o644)
    lines = [TITLE, *(f"{name} {label[name]}" for name in ("node", "facility", "station", "made"))]
    text = "\n".join([*lines, f"files {sha256(listed.encode()).hexdigest()}"]) + "\n"
    write_file(stick / NOTE, signer.sign(text), mode=0o644)
    try:
        sync_tree(stick)
    except OSError as refused:
        raise StorageError(
            f"{stick} does not keep what was written on it: {refused.strerror}.",
            safe="This stick is not finished; those before it are.",
            next="Use another stick, and let nobody use this one.",
        ) from None


def check_stick(stick: Path, signer: Verifier) -> Checked:
    """Compare every file with the list that *signer* signed."""
    found = Checked()
    try:
        found.label = _label((stick / NOTE).read_bytes(), signer)
        listed = (stick / FILES).read_bytes()
    except (ProofMismatch, FileNotFoundError, ValueError):
        return Checked(findings=[Trouble("unsigned", NOTE)])
    except OSError:
        return Checked(found.label, findings=[Trouble("unreadable", FILES if found.label else NOTE)])
    if sha256(listed).hexdigest() != found.label.files:
        return Checked(found.label, findings=[Trouble("altered", FILES)])
    expected = _listed(listed)
    away: list[str] = []
    there = set(_names(stick, away))
    found.files = len(expected)
    found.findings += [Trouble("unreadable", f"{folder}/") for folder in sorted(away)]
    lost = {name for name in expected for folder in away if folder == "." or name.startswith(f"{folder}/")}
    found.findings += [Trouble("missing", name) for name in sorted(expected.keys() - there - lost)]
    found.findings += [Trouble("unlisted", name) for name in sorted(there - expected.keys())]
    compared = ((name, _compared(stick / name, expected[name])) for name in sorted(expected.keys() & there))
    found.findings += [Trouble(kind, name) for name, kind in compared if kind]
    return found


def _compared(file: Path, digest: str) -> str:
    """What is wrong with *file*; "" for nothing."""
    try:
        return "altered" if file.is_symlink() or _digest(file) != digest else ""
    except OSError:
        return "unreadable"


def put_program(stick: Path, bundle: Path, signers: Path) -> str:
    """Unpack *bundle* onto the stick, as the keys in *signers* signed it; returns its version.

    Raises:
        OperatorError: It is no bundle, or nobody of them signed it, or a file is not as it was made.
    """
    program = stick / PROGRAM
    try:
        _unpack(bundle, program)
        signed = (program / "SHA256SUMS").read_bytes()
        version = (program / "VERSION").read_text().strip()
    except (OSError, tarfile.TarError, KeyError):
        raise _no_bundle(
            f"{bundle} is no bundle that can be read.", "Make it with make bundle, or get it again."
        ) from None
    command = ("ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "release@contrefeu", "-n", "contrefeu-bundle")
    try:
        done = subprocess.run(
            [*command, "-s", str(program / "SHA256SUMS.sig")], input=signed, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise _no_bundle("ssh-keygen is not installed.", "Install it: apt-get install openssh-client.") from None
    if done.returncode:
        raise _no_bundle(f"{bundle} is not signed by a key in {signers}.", "Get it again, and the keys by another way.")
    expected = _listed(signed)
    there = {name: _digest(program / name) for name in _names(program) if not name.startswith("SHA256SUMS")}
    if there != expected:
        raise _no_bundle(f"A file of {bundle} is not as it was made.", "Get the whole bundle again.")
    write_file(stick / SIGNERS, signers.read_bytes(), mode=0o644)
    return version


def empty_folder(stick: Path) -> None:
    """Refuse what is no empty folder; what an operating system lays there is nothing.

    Raises:
        OperatorError: It is none.
    """
    if not stick.is_dir() or not all(belongs_to_disk(one.name) for one in stick.iterdir()):
        raise OperatorError(
            f"{stick} is no empty folder.",
            safe="Nothing was written.",
            next="Mount an empty stick, and name its folder.",
        )


def _unpack(bundle: Path, program: Path) -> None:
    durable_makedirs(program)
    with tarfile.open(bundle) as archive:
        for count, entry in enumerate(archive):
            parts = Path(entry.name).parts[1:]  # without the bundle's own folder
            if count > BUNDLE_FILES_MAX or ".." in parts or entry.name.startswith("/"):
                raise tarfile.ReadError("no bundle")
            if entry.isreg() and (stream := archive.extractfile(entry)) is not None:
                path = program.joinpath(*parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(stream.read())
                path.chmod(entry.mode & 0o755)


def _no_bundle(what: str, advice: str) -> OperatorError:
    return OperatorError(what, safe="The stick is not finished, and says so when it is checked.", next=advice)


def _label(note: bytes, signer: Verifier) -> Labelled:
    lines = open_note(note, [signer]).text.splitlines()
    names = ("node", "facility", "station", "made", "files")
    said = dict(line.split(" ", 1) for line in lines[1:])
    if lines[0] != TITLE or said.keys() != set(names):
        raise ValueError("no stick's note")
    return Labelled(*(said[name] for name in names))


def _listed(text: bytes) -> dict[str, str]:
    """Name -> SHA-256 of a list as sha256sum writes it."""
    lines = (line.partition("  ") for line in text.decode().splitlines())
    return {name: digest for digest, _, name in lines}


def _names(stick: Path, away: list[str] | None = None) -> Iterator[str]:
    """Every file that is listed: all but journals, the list and its note, and what belongs to the disk.

    Folders that cannot be read go into *away*; without it they raise OSError.
    """

    def refused(error: OSError) -> None:
        if away is None:
            raise error
        away.append(Path(error.filename).relative_to(stick).as_posix())

    for folder, below, files in os.walk(stick, onerror=refused):
        if Path(folder) == stick:
            below[:] = [one for one in below if one not in GROWS and not belongs_to_disk(one)]
            files[:] = [one for one in files if one not in {FILES, NOTE} and not belongs_to_disk(one)]
        links = [one for one in below if Path(folder, one).is_symlink()]
        yield from (Path(folder, one).relative_to(stick).as_posix() for one in (*files, *links))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
