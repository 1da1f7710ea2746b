"""What `doctor` asks of the machine: disk, clock, memory, limits, how processes are kept apart.

Rules kept here:
  * It measures, and changes nothing but one file of its own in the home's run folder, which it removes.
  * What cannot be asked on this system is no finding.
"""

import ctypes
import os
import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from contrefeu.base import sync_data
from contrefeu.cli.confine import landlock_version
from contrefeu.cli.finding import Finding, act, look
from contrefeu.cli.growth import Growth, downtime_bytes, growth
from contrefeu.cli.node import Node

GIB = 2**30
FREE_BYTES_MIN = 2 * GIB  # some days of a hospital's messages, and a fold of all charts anew
FREE_PERCENT_MIN = 10  # a disk is watched from here on, whatever its size
DAYS_LEFT_LOOK = 90  # days: a disk is ordered, delivered and put in within a quarter
DAYS_LEFT_ACT = 28  # days: what a downtime may last
FILES_FREE_MIN = 10_000  # inodes: a segment, a key or a state is a file each
SYNCS = 15  # writes that are timed; the median of fewer is chance
SYNC_MS_SLOW = 20.0  # a turning disk: each answer to a sender waits so long
SYNC_MS_MAX = 200.0  # worse is a disk that fails, or a network behind it
MEMORY_BYTES_MIN = 2 * GIB  # all processes of a small node, and a restore of its charts
MEMORY_FREE_BYTES_MIN = GIB // 4  # below it the kernel soon ends a process
FILES_SPARE = 256  # descriptors beside those of senders: journals, sockets, a pool of pages
_STA_UNSYNC = 0x0040  # adjtimex(2)
_VOLATILE = frozenset(["tmpfs", "ramfs"])
# On these a sync may return before the bytes are durable, or a lock may not hold; databases advise against them.
_DOUBTFUL = frozenset(["nfs", "nfs4", "cifs", "smb3", "9p", "overlay", "vboxsf", "fuse.sshfs"])


def _lasts(pace: Growth, home: str) -> Iterator[Finding]:
    """For how long, at the pace of the last week."""
    if pace.days_left is None or pace.bytes_a_day is None or pace.days_left >= DAYS_LEFT_LOOK:
        return
    judge = act if pace.days_left < DAYS_LEFT_ACT else look
    a_day = f"{pace.bytes_a_day / GIB:.2f} GiB"
    what = f"The disk of {home} lasts {pace.days_left:.0f} days at the pace of the last week: {a_day} a day."
    kept = "What was acknowledged is on the disk; charts stay readable when it is full."
    yield judge("disk-days", what, kept, "Enlarge the disk before then; contrefeu keys expire ends what is past.")


def _carries(node: Node, free: int) -> Iterator[Finding]:
    """Whether a downtime of all its beds fits, before there is one."""
    beds = sum(len(ward.beds) for ward in node.settings.wards)
    wanted = downtime_bytes(beds, DAYS_LEFT_ACT)
    if wanted <= free:
        return
    what = (
        f"{DAYS_LEFT_ACT} days of downtime with {beds} patients may take {wanted / GIB:.1f} GiB; "
        f"{free / GIB:.1f} GiB are left for it."
    )
    yield act("disk-downtime", what, "What is there stays readable.", "Enlarge the disk now: later nobody has time.")


def disk(node: Node) -> Iterator[Finding]:
    """Space, files, and how long a durable write takes."""
    home = node.paths.root
    found = os.statvfs(home)
    free, size = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
    pace = growth(node)
    left = pace.free_bytes
    kept = "What was acknowledged is on the disk; a disk that is full gives senders no answer, and they keep theirs."
    free_some = "Free some space or enlarge the disk; contrefeu keys expire ends what is past its retention."
    if left < FREE_BYTES_MIN:
        yield act("disk-space", f"{left / GIB:.1f} GiB are left for feeds on the disk of {home}.", kept, free_some)
    elif size and free * 100 < FREE_PERCENT_MIN * size:
        yield look("disk-space", f"{free * 100 // size} % of the disk of {home} are free.", kept, free_some)
    yield from _lasts(pace, str(home))
    yield from _carries(node, left)
    if found.f_files and found.f_favail < FILES_FREE_MIN:
        yield act("disk-files", f"{found.f_favail} more files fit on the disk of {home}.", kept, "Make it anew larger.")
    slow_ms = sync_ms(node.paths.run)
    if slow_ms > SYNC_MS_SLOW:
        judge = act if slow_ms > SYNC_MS_MAX else look
        what = (
            f"A durable write takes {slow_ms:.0f} ms on the disk of {home}: each sender waits so long for its answer."
        )
        advice = "Use a flash disk with protection against power loss, on this machine; look at the disk's own health."
        yield judge("disk-slow", what, "What is acknowledged is durable all the same.", advice)


def filesystem(node: Node) -> Iterator[Finding]:
    """What the home lies on: something that lasts, and that keeps its word about a sync."""
    home, kind, source, options = mount_of(node.paths.root, Path("/proc/self/mountinfo").read_text())
    if kind in _VOLATILE:
        what = f"The home lies in memory ({kind} on {home}): a power cut ends it."
        yield act(
            "disk-volatile", what, "What vaults hold.", "Move the home to a disk: stop the node, copy it, --home."
        )
    elif kind in _DOUBTFUL:
        what = f"The home lies on {kind} ({home}), where a write may be said to be durable before it is."
        yield look("disk-doubtful", what, "What vaults hold.", "Use a disk of this machine: ext4 or XFS.")
    if {"nobarrier", "barrier=0"} & set(options):
        what = f"{home} is mounted without barriers: a power cut may lose what was acknowledged."
        yield act("disk-no-barrier", what, "What vaults hold.", "Remove nobarrier from /etc/fstab, and mount it again.")
    if not _is_sealed(source):
        what = "Reading keys lie in files on a disk that is not encrypted."
        safe = (
            "Journals and charts are sealed; with the disk, or a backup of the machine, one reads this node's horizon."
        )
        advice = "Put the home on an encrypted disk (LUKS), and leave keys/ out of the machine's backups."
        yield look("keys-on-plain-disk", what, safe, advice)


def clock(_node: Node) -> Iterator[Finding]:
    """Whether somebody keeps this machine's clock right."""
    if is_synchronised() is False:
        yield act(
            "clock-unsynchronised",
            "This machine's clock follows no other: it will drift.",
            "The order of entries does not hang on it; times on charts and the days of keys do.",
            "Start chrony or systemd-timesyncd with the hospital's time server; timedatectl shows when it holds.",
        )


def memory(node: Node) -> Iterator[Finding]:
    """Memory, and whether keys may end up in a swap file."""
    total, free, swap = meminfo(Path("/proc/meminfo").read_text())
    if total < MEMORY_BYTES_MIN or free < MEMORY_FREE_BYTES_MIN:
        what = f"{free / GIB:.1f} GiB of {total / GIB:.1f} GiB of memory are free."
        yield act(
            "memory-low", what, "Journals: a process that is ended comes back.", "Give the machine 2 GiB or more."
        )
    if swap:
        what = "This machine swaps: what is in memory, keys too, may be written to its disk."
        yield look("swap", what, "Journals are sealed.", "Encrypt the swap (crypttab), or switch it off (swapoff -a).")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = node.settings.capture.connections_max + FILES_SPARE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        what = f"A process may open {soft} files here, and capture.connections_max asks for {wanted}."
        advice = "Start the node by its service, which sets LimitNOFILE; or ulimit -n, or fewer connections."
        yield act("file-limit", what, "Senders beyond it are turned away, and keep their messages.", advice)


def apart(node: Node) -> Iterator[Finding]:
    """How the node's processes are kept from each other."""
    if node.settings.processes.users == "shared":
        judge = act if os.getuid() == 0 else look
        whom = "root" if os.getuid() == 0 else "one user"
        yield judge(
            "shared-user",
            f"The node's processes run as {whom}, if you start them.",
            "Capture and web are confined by the kernel to their own files.",
            "Install the package's services, or follow docs/howto/separate-users.md.",
        )
    if landlock_version() < 1:
        yield look(
            "no-landlock",
            "This kernel has no Landlock: capture and web may open what their user may.",
            "Journals are sealed; with users of their own they cannot open others' keys.",
            "Use Linux 5.13 or later with landlock among its lsm=.",
        )


def sync_ms(folder: Path) -> float:
    """How long it takes to make 4 KiB durable in *folder*: the median."""
    path = folder / f".doctor-{os.getpid()}"
    took = []
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        for number in range(SYNCS):
            began = time.monotonic()
            os.pwrite(fd, b"\0" * 4096, number * 4096)
            sync_data(fd)
            took.append(time.monotonic() - began)
    finally:
        os.close(fd)
        path.unlink()
    return statistics.median(took) * 1000


def mount_of(path: Path, mountinfo: str) -> tuple[str, str, str, list[str]]:
    """Where the file system begins on which *path* lies, its kind, its device and its options (proc(5))."""
    best: tuple[str, str, str, list[str]] = ("/", "", "", [])
    place = path.resolve()
    for line in mountinfo.splitlines():
        before, _, behind = line.partition(" - ")
        fields, last = before.split(" "), behind.split(" ")
        point = Path(fields[4].replace("\\040", " "))
        if place.is_relative_to(point) and len(str(point)) >= len(best[0]):
            best = (str(point), last[0], last[1], fields[5].split(",") + last[-1].split(","))
    return best


def is_synchronised() -> bool | None:
    """Whether the kernel's clock follows another (adjtimex(2)); None when it does not say."""
    timex = ctypes.create_string_buffer(512)  # modes = 0: it is asked, and nothing is set
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "adjtimex") or libc.adjtimex(timex) < 0:
        return None
    # struct timex: modes (int), then offset, freq, maxerror, esterror (longs), then status (int).
    status = ctypes.c_int.from_buffer(timex, ctypes.sizeof(ctypes.c_long) * 5).value
    return not status & _STA_UNSYNC


def meminfo(text: str) -> tuple[int, int, int]:
    """Bytes of memory, of those that are available, and of swap (proc(5))."""
    sizes = {line.partition(":")[0]: int(line.split()[1]) * 1024 for line in text.splitlines() if " kB" in line}
    return sizes.get("MemTotal", 0), sizes.get("MemAvailable", 0), sizes.get("SwapTotal", 0)


def _is_sealed(source: str) -> bool:
    """Whether a device is dm-crypt's, or stands on one (sysfs: slaves/)."""
    block = Path("/sys/class/block") / Path(source).resolve().name
    try:
        kind = (block / "dm" / "uuid").read_text()
    except OSError:
        kind = ""
    if kind.startswith("CRYPT-"):
        return True
    below = block / "slaves"
    return below.is_dir() and any(_is_sealed(f"/dev/{one.name}") for one in below.iterdir())
