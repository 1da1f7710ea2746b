"""Writes the bill of materials of a folder of wheels: CycloneDX 1.6, JSON, the same bytes for the same wheels.

make_sbom.py WHEELS > sbom.cdx.json
"""

import hashlib
import json
import sys
import uuid
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

SPEC = "1.6"
OWN = "contrefeu"


def sbom(wheels: Path) -> dict[str, Any]:
    """The bill of materials of *wheels*; the product is what is described, the others are its parts."""
    parts = sorted((component(path) for path in wheels.glob("*.whl")), key=lambda one: (one["name"], one["bom-ref"]))
    own = next(one for one in parts if one["name"] == OWN)
    others = [one for one in parts if one is not own]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {"component": own | {"type": "application"}},
        "components": others,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": sorted(one["bom-ref"] for one in others)}],
    }


def component(wheel: Path) -> dict[str, Any]:
    """One wheel: name, version, licence, hash."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(one for one in archive.namelist() if one.endswith(".dist-info/METADATA") and one.count("/") == 1)
        said = HeaderParser().parsestr(archive.read(name).decode())
    project = said["Name"].lower().replace("_", "-").replace(".", "-")
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": wheel.name,
        "name": project,
        "version": said["Version"],
        "purl": f"pkg:pypi/{project}@{said['Version']}?file_name={wheel.name}",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}],
    }
    classifiers = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier", []) if one.startswith("License ::")]
    if said["License-Expression"]:
        found["licenses"] = [{"expression": said["License-Expression"]}]
    elif classifiers or (said["License"] and "\n" not in said["License"]):
        found["licenses"] = [{"license": {"name": one}} for one in classifiers or [said["License"]]]
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sbom(Path(sys.argv[1])), indent=1) + "\n")
