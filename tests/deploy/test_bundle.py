"""A bundle is installed as its makers signed it, or not at all.

Method: a bundle with two small wheels made here, signed with a key made here; the installer is run on it and on what
somebody changed. With the real wheels and no network: `scripts/prove_offline.sh`, `prove_deb.sh`, `prove_container.sh`.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tests.house.tree import ROOT

FILES = {"contrefeu": "0.1.0", "small-part": "2.0"}


def wheel(folder: Path, name: str, version: str) -> Path:
    """A wheel with one module and, for the program, its script."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    files = {
        f"{name.replace('-', '_')}.py": "def main():\n    print('started')\n",
        f"{info}/METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: MIT\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if name == "contrefeu":
        files[f"{info}/entry_points.txt"] = "[console_scripts]\ncontrefeu = contrefeu:main\n"
    files[f"{info}/RECORD"] = "".join(f"{one},,\n" for one in (*files, f"{info}/RECORD"))
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for one, text in files.items():
            archive.writestr(one, text)
    return path


def run(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script; never a network."""
    words = [str(one) for one in command]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PIP_NO_INDEX": "1"}
    return subprocess.run(words, capture_output=True, text=True, check=False, env=clean | environment)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A bundle, and the file that names who may sign one."""
    folder = tmp_path_factory.mktemp("bundle")
    bundle = folder / "contrefeu-0.1.0"
    (bundle / "wheels").mkdir(parents=True)
    made = {name: wheel(bundle / "wheels", name, version) for name, version in FILES.items()}
    digest = sha256(made["small-part"].read_bytes()).hexdigest()
    (bundle / "requirements.lock").write_text(f"small-part==2.0 \\\n    --hash=sha256:{digest}\n")
    (bundle / "VERSION").write_text("0.1.0\n")
    (bundle / "PYTHONS").write_text("3.11\n")
    shutil.copy(ROOT / "deploy" / "install.sh", bundle)
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    ran = run(ROOT / "scripts" / "sign_bundle.sh", bundle, SIGNING_KEY=str(key))
    assert ran.returncode == 0, ran.stderr
    signers = folder / "signers"
    public = key.with_suffix(".pub").read_text().rsplit(" ", 1)[0]
    signers.write_text(f'release@contrefeu namespaces="contrefeu-bundle" {public}\n')
    return bundle, signers


@pytest.mark.req("G3")
def test_what_was_signed_is_installed_without_a_network(signed: tuple[Path, Path], tmp_path: Path) -> None:
    """A folder for the version, a link to it; the program starts from there."""
    bundle, signers = signed
    ran = run("sh", bundle / "install.sh", "--signers", signers, "--prefix", tmp_path / "opt")
    assert ran.returncode == 0, ran.stderr
    assert "Contrefeu 0.1.0 installed" in ran.stdout
    assert run(tmp_path / "opt" / "bin" / "contrefeu").stdout == "started\n"
    assert sorted(one.name for one in (tmp_path / "opt").iterdir()) == ["0.1.0", "bin", "current"]


def _changed(bundle: Path) -> None:
    lock = bundle / "requirements.lock"
    lock.write_text(lock.read_text() + "# more\n")


def _added(bundle: Path) -> None:
    shutil.copy(next((bundle / "wheels").glob("small*")), bundle / "wheels" / "small_part-3.0-py3-none-any.whl")


def _resummed(bundle: Path) -> None:
    _changed(bundle)
    run(ROOT / "scripts" / "sign_bundle.sh", bundle)


def _signed_by_another(bundle: Path) -> None:
    key = bundle.parent / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    run(ROOT / "scripts" / "sign_bundle.sh", bundle, SIGNING_KEY=str(key))


@pytest.mark.req("G3")
@pytest.mark.parametrize("harm", [_changed, _added, _resummed, _signed_by_another])
def test_what_somebody_changed_is_not_installed(harm, signed: tuple[Path, Path], tmp_path: Path) -> None:
    """A byte more, a file more, new sums without the key, another key: refused, and nothing is left behind."""
    bundle, signers = signed
    spoilt = tmp_path / "spoilt"
    shutil.copytree(bundle, spoilt)
    harm(spoilt)
    ran = run("sh", spoilt / "install.sh", "--signers", signers, "--prefix", tmp_path / "opt")
    assert ran.returncode == 1
    assert "safe  Nothing that was installed before was changed." in ran.stderr
    assert not (tmp_path / "opt").exists()


def test_nobody_installs_unsigned_by_chance(signed: tuple[Path, Path], tmp_path: Path) -> None:
    """Without the signers' file it is said, and nothing is done; a wheel that is missing leaves the version in use."""
    bundle, _ = signed
    ran = run("sh", bundle / "install.sh", "--prefix", tmp_path / "opt")
    assert ran.returncode == 1
    assert "--signers FILE" in ran.stderr
    assert not (tmp_path / "opt").exists()
    lacking = tmp_path / "lacking"
    shutil.copytree(bundle, lacking)
    next((lacking / "wheels").glob("small*")).unlink()
    run(ROOT / "scripts" / "sign_bundle.sh", lacking)
    ran = run("sh", lacking / "install.sh", "--unsigned", "--prefix", tmp_path / "opt")
    assert ran.returncode == 1
    assert "not all wheels fit" in ran.stderr
    assert list((tmp_path / "opt").iterdir()) == []


def test_the_bill_of_materials_names_every_wheel(signed: tuple[Path, Path]) -> None:
    """CycloneDX 1.6: the product and its parts, with version, licence, address and hash; the same bytes each time."""
    bundle, _ = signed
    made = [run(sys.executable, ROOT / "scripts" / "make_sbom.py", bundle / "wheels").stdout for _ in range(2)]
    assert made[0] == made[1]
    told = json.loads(made[0])
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"]["name"] == "contrefeu"
    [part] = told["components"]
    file = next((bundle / "wheels").glob("small*"))
    assert part == {
        "type": "library",
        "bom-ref": file.name,
        "name": "small-part",
        "version": "2.0",
        "purl": f"pkg:pypi/small-part@2.0?file_name={file.name}",
        "hashes": [{"alg": "SHA-256", "content": sha256(file.read_bytes()).hexdigest()}],
        "licenses": [{"expression": "MIT"}],
    }
    assert told["dependencies"][0]["dependsOn"] == [file.name]


def packed(bundle: Path, folder: Path, version: str = "0.1.0") -> str:
    """The Debian package of *bundle*, as that version; returns its path."""
    whole = folder / f"contrefeu-{version}"
    shutil.copytree(bundle, whole)
    shutil.copytree(ROOT / "deploy", whole / "deploy")
    (whole / "VERSION").write_text(f"{version}\n")
    run(ROOT / "scripts" / "sign_bundle.sh", whole)
    archive = folder / f"{version}.tar.gz"
    subprocess.run(["tar", "-czf", archive, "-C", folder, whole.name], check=True)
    ran = run(ROOT / "scripts" / "make_deb.sh", archive, folder / "out")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb")
@pytest.mark.parametrize("before", ["0.2.0rc1", "0.2.0.dev3", "0.2.0a1"])
def test_what_comes_before_a_release_is_an_older_package(
    before: str, signed: tuple[Path, Path], tmp_path: Path
) -> None:
    """Python sorts 0.2.0rc1 before 0.2.0, dpkg after it: an upgrade would be a downgrade."""
    former, new = (
        run("dpkg-deb", "--field", packed(signed[0], tmp_path, one), "Version").stdout.strip()
        for one in (before, "0.2.0")
    )
    assert run("dpkg", "--compare-versions", former, "lt", new).returncode == 0
    assert run("dpkg", "--compare-versions", former, "gt", "0.1.9").returncode == 0


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb")
def test_the_debian_package_is_made_of_the_bundle(signed: tuple[Path, Path], tmp_path: Path) -> None:
    """The bundle in /opt, units and users where systemd looks; what is run at a removal never names the home."""
    deb = packed(signed[0], tmp_path)
    listed = run("dpkg-deb", "--contents", deb).stdout
    for name in (
        "./opt/contrefeu/bundle/install.sh",
        "./opt/contrefeu/bundle/SHA256SUMS",
        "./lib/systemd/system/contrefeu-capture.service",
        "./usr/lib/sysusers.d/contrefeu.conf",
        "./usr/lib/tmpfiles.d/contrefeu.conf",
    ):
        assert f" {name}\n" in listed, name
    assert "root/root" in listed
    said = run("dpkg-deb", "--field", deb).stdout
    assert "Version: 0.1.0\n" in said
    assert "python3 (>= 3.11), python3 (<< 3.12), python3-venv" in said
    run("dpkg-deb", "--control", deb, tmp_path / "control")
    for script in ("postinst", "prerm", "postrm"):
        text = (tmp_path / "control" / script).read_text()
        assert run("sh", "-n", tmp_path / "control" / script).returncode == 0
        commands = [line for line in text.splitlines() if not line.startswith("#")]
        assert not [line for line in commands if "/var/lib" in line]
