"""The hospital's directory, asked by OpenLDAP's own `ldapsearch`: it knows TLS and names, and hands over LDIF.

Rules kept here:
  * Nothing is sent in clear: ldap:// goes on by StartTLS or ends there.
  * A password stands in no command line: ldapsearch reads it from memory, without the line's end that editors add.
  * An answer that was cut short, by a limit or a line, is no answer: half a list would name half the house as gone.
  * Members of groups within groups: Active Directory says itself who they are; elsewhere each group is asked once.
"""

import os
import shutil
import subprocess
from pathlib import Path

from contrefeu.access import DirectoryEntry, plain_dn, read_ldif
from contrefeu.base import OperatorError
from contrefeu.hospital import DirectorySettings

ASK_S_MAX = 300  # a directory of a hundred thousand people answers in a minute; one that hangs is not there
PAGE = 500  # entries: Active Directory gives a thousand at once, others as few as five hundred
WITHIN_MAX = 2000  # members asked whether they are groups, at some 50 ms each: a question must end within minutes
_ANYTHING = "(objectClass=*)"
_MEMBERS = ("member", "uniqueMember", "memberUid", "objectClass")
_IS_ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"  # LDAP_CAP_ACTIVE_DIRECTORY_OID ([MS-ADTS] 3.1.1.3.4.3.1)
_IN_CHAIN = "1.2.840.113556.1.4.1941"  # LDAP_MATCHING_RULE_TRANSITIVE_EVAL ([MS-ADTS] 3.1.1.3.4.4.3)
_REFERRAL, _NO_SUCH_OBJECT = 10, 32  # RFC 4511, appendix A: what a member's name may lead to


def asked(settings: DirectorySettings) -> list[DirectoryEntry]:
    """Return what the directory of *settings* says of people and of the groups that give something.

    Raises:
        OperatorError: None is named, it does not answer, or it refuses.
    """
    if not settings.url:
        raise OperatorError(
            "No directory is named in contrefeu.toml.",
            safe="Nobody was added.",
            next="Write [directory], or give --file (docs/howto/enrol-people.md).",
        )
    if shutil.which("ldapsearch") is None:
        raise OperatorError(
            "ldapsearch is not installed here.",
            safe="Nobody was added.",
            next="apt-get install ldap-utils, or write LDIF elsewhere and give --file.",
        )
    wanted = [name for name in (settings.login, settings.name, settings.badge) if name]
    people = _search(settings, settings.base, "sub", settings.filter, [*wanted, "cn", "memberOf", "userAccountControl"])
    groups = [
        entry for group in settings.groups for entry in _search(settings, group.dn, "base", _ANYTHING, [*_MEMBERS])
    ]
    inner = _chained(settings) if _is_active_directory(settings) else _within(settings, people, groups)
    return [*people, *groups, *inner]


def _is_active_directory(settings: DirectorySettings) -> bool:
    told = _search(settings, "", "base", _ANYTHING, ["supportedCapabilities"], passed_over=(_NO_SUCH_OBJECT,))
    return any(_IS_ACTIVE_DIRECTORY in entry.all("supportedCapabilities") for entry in told)


def _chained(settings: DirectorySettings) -> list[DirectoryEntry]:
    """Each group with its people, however deep: there a group's own list ends at 1500 members."""
    people = settings.filter if settings.filter.startswith("(") else f"({settings.filter})"
    found = []
    for group in settings.groups:
        query = f"(&{people}(memberOf:{_IN_CHAIN}:={_in_filter(group.dn)}))"
        members = _search(settings, settings.base, "sub", query, ["1.1"])  # their names alone (RFC 4511, 4.5.1.8)
        found.append(DirectoryEntry(group.dn, {"member": [member.dn for member in members]}))
    return found


def _in_filter(value: str) -> str:
    """*value* as a filter has it (RFC 4515, section 3)."""
    return "".join(f"\\{ord(one):02x}" if one in "\\*()\0" else one for one in value)


def _within(
    settings: DirectorySettings, people: list[DirectoryEntry], groups: list[DirectoryEntry]
) -> list[DirectoryEntry]:
    """The groups that *groups* name, and those that they name in turn; who is none of *people* may be one."""
    met = {plain_dn(entry.dn) for entry in (*people, *groups)}
    found, waiting, count = list[DirectoryEntry](), [*groups], 0
    while waiting:
        group = waiting.pop()
        for dn in (*group.all("member"), *group.all("uniqueMember")):
            if plain_dn(dn) in met:
                continue
            met.add(plain_dn(dn))
            count += 1
            if count > WITHIN_MAX:
                raise _no_answer(f"more than {WITHIN_MAX} members of the groups are no people under directory.base")
            # Whoever was deleted, or is kept by another server, is nobody here.
            inner = _search(settings, dn, "base", _ANYTHING, [*_MEMBERS], passed_over=(_REFERRAL, _NO_SUCH_OBJECT))
            found += inner
            waiting += inner
    return found


def _search(
    settings: DirectorySettings,
    base: str,
    scope: str,
    query: str,
    attributes: list[str],
    *,
    passed_over: tuple[int, ...] = (),
) -> list[DirectoryEntry]:
    """What the directory answers; nothing, when it ends with a status that is *passed_over*."""
    command = ["ldapsearch", "-LLL", "-x", "-o", "ldif-wrap=no", "-o", f"nettimeout={ASK_S_MAX}", "-H", settings.url]
    command += ["-ZZ"] if settings.url.startswith("ldap://") else []
    password = _password(settings)
    command += ["-D", settings.bind, "-y", f"/dev/fd/{password}"] if settings.bind else []
    command += ["-E", f"pr={PAGE}/noprompt", "-b", base, "-s", scope, query, *attributes]
    surroundings = {**os.environ, "LC_ALL": "C", "LDAPTLS_REQCERT": "demand"}
    if settings.ca:
        surroundings["LDAPTLS_CACERT"] = settings.ca
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=ASK_S_MAX, check=False, env=surroundings, pass_fds=[password]
        )
    except subprocess.TimeoutExpired:
        raise _no_answer("nothing came") from None
    finally:
        os.close(password)
    if done.returncode in passed_over:
        return []
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise _no_answer(lines[0] if lines else f"status {done.returncode}", base)
    return read_ldif(done.stdout)


def _password(settings: DirectorySettings) -> int:
    """A file in memory with the password of who asks; empty when there is none."""
    try:
        password = Path(settings.password_file).read_bytes().rstrip(b"\r\n") if settings.password_file else b""
    except OSError:
        raise OperatorError(
            "The file of the directory's password cannot be read.",
            safe="Nobody was added.",
            next="Correct password_file in contrefeu.toml, or let whoever runs this command read it.",
        ) from None
    memory = os.memfd_create("password")
    os.fchmod(memory, 0o600)
    os.write(memory, password)
    return memory


def read(settings: DirectorySettings, file: Path | None) -> list[DirectoryEntry]:
    """Return the entries of *file* when one is given, else as the directory answers now."""
    if file is None:
        return asked(settings)
    try:
        data = file.read_bytes()
    except OSError:
        raise OperatorError("That file cannot be read.", safe="Nobody was added.") from None
    return read_ldif(data)


def _no_answer(why: str, base: str = "") -> OperatorError:
    return OperatorError(
        f"The directory does not say who is under {base}: {why}" if base else f"The directory does not answer: {why}",
        safe="Nobody was added or changed; everybody comes in as before.",
        next="Correct [directory] in contrefeu.toml, or give --file.",
    )
