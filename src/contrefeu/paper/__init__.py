"""Paper: ward packs, forms and labels with a code on each page, and the way back of what was written on them."""

from contrefeu.paper.bands import print_bands
from contrefeu.paper.code import Code, NotACode, PageKey, Sealed, issue_of_words, issue_words, read_code
from contrefeu.paper.forms import blank_foot, print_form, written_foot
from contrefeu.paper.intake import Missing, Verdict, document_of, issues_in, judge, missing_in
from contrefeu.paper.issue import Issue, Issuer
from contrefeu.paper.kinds import FORMS, NAMES, Kind
from contrefeu.paper.letter import passport_of, print_chart, print_discharge, print_transfer
from contrefeu.paper.pack import Foot, Printed, WardPack, foot_of, print_pack, ward_pack
from contrefeu.paper.screen import sealed_page
from contrefeu.paper.setting import Setting
from contrefeu.paper.stamp import locked, qr_svg
from contrefeu.paper.standing import WEEK_NS, Held, pack_password, print_standing
from contrefeu.paper.transfer import PREFIX as TRANSFER_PREFIX
from contrefeu.paper.transfer import Passport, Read, read_transfer, transfer_texts

__all__ = [
    "FORMS",
    "NAMES",
    "TRANSFER_PREFIX",
    "WEEK_NS",
    "Code",
    "Foot",
    "Held",
    "Issue",
    "Issuer",
    "Kind",
    "Missing",
    "NotACode",
    "PageKey",
    "Passport",
    "Printed",
    "Read",
    "Sealed",
    "Setting",
    "Verdict",
    "WardPack",
    "blank_foot",
    "document_of",
    "foot_of",
    "issue_of_words",
    "issue_words",
    "issues_in",
    "judge",
    "locked",
    "missing_in",
    "pack_password",
    "passport_of",
    "print_bands",
    "print_chart",
    "print_discharge",
    "print_form",
    "print_pack",
    "print_standing",
    "print_transfer",
    "qr_svg",
    "read_code",
    "read_transfer",
    "sealed_page",
    "transfer_texts",
    "ward_pack",
    "written_foot",
]
