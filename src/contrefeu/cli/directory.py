"""The hospital's directory, asked by OpenLDAP's own `ldapsearch`: it knows TLS and names, and hands over LDIF.

Rules kept here:
  * Nothing is sent in clear: ldap:// goes on by StartTLS or ends there.
  * A password stands in no command line: ldapsearch reads it from memory, without the line's end that editors add.
  * An answer that was cut short, by a limit or a line, is no answer: half a list would name half the house as gone.
"""

import os
import shutil
import subprocess
from pathlib import Path

from contrefeu.base import OperatorError
from contrefeu.hospital import DirectorySettings

ASK_S_MAX = 300  # a directory of a hundred thousand people answers in a minute; one that hangs is not there
PAGE = 500  # entries: Active Directory gives a thousand at once, others as few as five hundred
_MEMBERS = ("member", "uniqueMember", "memberUid", "objectClass")


def asked(settings: DirectorySettings) -> bytes:
    """Return what the directory of *settings* says of people and of the groups that give something, as LDIF.

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
    groups = [_search(settings, group.dn, "base", "(objectClass=*)", [*_MEMBERS]) for group in settings.groups]
    return b"\n".join([people, *groups])


def _search(settings: DirectorySettings, base: str, scope: str, query: str, attributes: list[str]) -> bytes:
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
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise _no_answer(lines[0] if lines else f"status {done.returncode}", base)
    return done.stdout


def _password(settings: DirectorySettings) -> int:
    """A file in memory with the password of who asks; empty when there is none."""
    try:
        password = Path(settings.password_file).read_bytes().rstrip(b"\r\n") if settings.password_file else b""
    except OSError:
        raise OperatorError("The file of the directory's password cannot be read.", safe="Nobody was added.") from None
    memory = os.memfd_create("password")
    os.fchmod(memory, 0o600)
    os.write(memory, password)
    return memory


def read(settings: DirectorySettings, file: Path | None) -> bytes:
    """Return LDIF: of *file* when one is given, else as the directory answers now."""
    if file is None:
        return asked(settings)
    try:
        return file.read_bytes()
    except OSError:
        raise OperatorError("That file cannot be read.", safe="Nobody was added.") from None


def _no_answer(why: str, base: str = "") -> OperatorError:
    return OperatorError(
        f"The directory does not say who is under {base}: {why}" if base else f"The directory does not answer: {why}",
        safe="Nobody was added or changed; everybody comes in as before.",
        next="Correct [directory] in contrefeu.toml, or give --file.",
    )
