"""A small hospital for plans: offices, a laboratory, servers; one function that goes over HL7 and one over a share."""

from contrefeu.contain import Terrain, default_spread, make_terrain, parse_toml

TOML = """
title = "CHU d'essai"
zones = [{ id = "servers", inside = true }, { id = "office" }, { id = "labs" }]

systems = [
  { id = "ad", zone = "servers", addresses = ["10.1.0.2"], protect = true },
  { id = "ehr", name = "Dossier", zone = "servers", addresses = ["10.1.0.10"], needs = ["ad"], trusts = ["ad"] },
  { id = "files", zone = "servers", addresses = ["10.1.0.20"], needs = ["ad"], accounts = ["svc-backup"] },
  { id = "backup", zone = "servers", addresses = ["10.1.0.30"], protect = true, accounts = ["svc-backup"] },
  { id = "lis", zone = "labs", addresses = ["10.2.0.10"] },
  { id = "pc", zone = "office", addresses = ["10.3.0.5", "fd00::5"] },
  { id = "pcs", zone = "office", addresses = ["10.3.0.0/24"] },
]

functions = [
  { id = "results", name = "Résultats", kind = "results", weight = 9, wards = ["ICU"], links = ["lis->ehr:2575"] },
  { id = "papers", name = "Documents", kind = "documents", weight = 3, wards = ["ER"], links = ["ehr->files:445"] },
]

flows = [
  { from = "pc", to = "files", port = 445 },
  { from = "pcs", to = "files", port = 445 },
]
"""


def terrain() -> Terrain:
    """Its map."""
    return make_terrain(parse_toml(TOML), default_spread())
