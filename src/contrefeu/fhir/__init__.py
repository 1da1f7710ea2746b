"""FHIR R4 as a language: resources as typed structs, bundles, JSON with exact numbers."""

from contrefeu.fhir import datatypes, resources
from contrefeu.fhir.bundle import collection, outcome, searchset
from contrefeu.fhir.codec import Json, decode, derived_id, encode, plain

__all__ = [
    "Json",
    "collection",
    "datatypes",
    "decode",
    "derived_id",
    "encode",
    "outcome",
    "plain",
    "resources",
    "searchset",
]
