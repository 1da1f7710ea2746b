"""A real OpenLDAP for the tests that are marked `system("slapd", "ldapsearch")`: a directory that lies in a folder.

Its certificate is by a CA that `make_local_ca` makes; it answers in TLS alone, and whoever has its account alone; who
does not ask in pages is given SIZE_MAX entries, as by Active Directory. A slapd that runs here is not touched.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contrefeu.access import make_local_ca
from contrefeu.base import SystemClock

WAIT_S = 20.0  # for what takes a tenth of a second on a machine that has nothing else to do
BASE = "dc=chu,dc=example"
ROOT, READER, PASSWORD = f"cn=root,{BASE}", f"cn=reader,{BASE}", "read it 24"
SIZE_MAX = 3  # entries at once, without pages
SETTINGS = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {root}/pid
TLSCACertificateFile {ca.ca_certificate}
TLSCertificateFile {ca.server_certificate}
TLSCertificateKeyFile {ca.server_key}
security ssf=128
database mdb
suffix {base}
rootdn {root_dn}
rootpw "{password}"
directory {root}/data
sizelimit size.soft={size} size.hard={size} size.pr=unlimited size.prtotal=unlimited
access to dn.base="{reader}" by anonymous auth
access to * by dn.base="{reader}" read by * none
"""
TREE = """dn: {base}
objectClass: domain
dc: chu

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{base}
objectClass: organizationalUnit
ou: groups

dn: {reader}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {password}

"""


class Slapd:
    """A directory that answers at *port*, and the CA that vouches for it."""

    def __init__(self, root: Path, port: int, ca: Path, server: subprocess.Popen[bytes]) -> None:
        # By "localhost" libldap would mean the machine's own name.
        self.url, self.ca, self._server = f"ldap://127.0.0.1:{port}", ca, server
        self.password_file = root / "password"
        self.password_file.write_text(f"{PASSWORD}\n")  # as an editor leaves it

    def add(self, ldif: str) -> None:
        """Entries, as LDIF with "{base}"."""
        self._change(["ldapadd"], ldif)

    def modify(self, ldif: str) -> None:
        """A change, as LDIF."""
        self._change(["ldapmodify"], ldif)

    def remove(self, dn: str) -> None:
        """One of them, and from its groups."""
        self._change(["ldapdelete"], f"{dn}\n")

    def stop(self) -> None:
        """It answers nobody any more."""
        self._server.terminate()
        self._server.wait(WAIT_S)

    def _change(self, command: list[str], data: str) -> None:
        asked = [*command, "-x", "-ZZ", "-H", self.url, "-D", ROOT, "-w", PASSWORD]
        env = {"PATH": "/usr/bin:/bin", "LDAPTLS_CACERT": str(self.ca)}
        subprocess.run(asked, input=data.encode(), env=env, timeout=WAIT_S, check=True, capture_output=True)


@contextmanager
def slapd(port: int) -> Iterator[Slapd]:
    """A directory with two empty folders, `ou=people` and `ou=groups`."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        ca = make_local_ca(root / "ca", facility="CHU", names=["127.0.0.1"], clock=SystemClock())
        (root / "data").mkdir()
        values = {"root": root, "root_dn": ROOT, "ca": ca, "base": BASE, "reader": READER, "password": PASSWORD}
        values["size"] = SIZE_MAX
        (root / "slapd.conf").write_text(SETTINGS.format(**values))
        tree = TREE.format(**values).encode()
        made = ["slapadd", "-f", root / "slapd.conf"]
        subprocess.run(made, input=tree, check=True, capture_output=True, timeout=WAIT_S)
        command = ["slapd", "-d", "0", "-f", str(root / "slapd.conf"), "-h", f"ldap://127.0.0.1:{port}"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            try:
                found = Slapd(root, port, ca.ca_certificate, server)
                _answers(found, server)
                yield found
            finally:
                server.terminate()


def _answers(found: Slapd, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + WAIT_S
    command = ["ldapsearch", "-x", "-ZZ", "-H", found.url, "-D", READER, "-w", PASSWORD, "-s", "base", "-b", BASE]
    env = {"PATH": "/usr/bin:/bin", "LDAPTLS_CACERT": str(found.ca)}
    while subprocess.run(command, env=env, capture_output=True, timeout=WAIT_S, check=False).returncode:
        assert server.poll() is None, "slapd ended"
        assert time.monotonic() < until, "slapd does not answer"
        time.sleep(0.05)
