"""Paper: ward packs, forms and labels with a code on each page, and the way back of what was written on them."""

from contrefeu.paper.bands import (
    Specimen,
    print_bands,
)
from contrefeu.paper.binding import (
    print_pack,
)
from contrefeu.paper.code import (
    Code,
    NotACode,
    PageKey,
    Sealed,
    issue_of_words,
    issue_words,
    read_code,
)
from contrefeu.paper.code128 import (
    specimen_svg,
)
from contrefeu.paper.forms import (
    blank_foot,
    print_form,
    written_foot,
)
from contrefeu.paper.intake import (
    MissingPages,
    Verdict,
    document_of,
    issues_in,
    judge,
    missing_in,
)
from contrefeu.paper.issue import (
    Issue,
    Issuer,
    Whose,
)
from contrefeu.paper.kinds import (
    FORMS,
    NAMES,
    Kind,
)
from contrefeu.paper.kit import (
    Kit,
    Lasts,
    Listing,
    Stock,
    blanks_for,
    lasts,
    print_kit,
)
from contrefeu.paper.letter import (
    passport_of,
    print_chart,
    print_discharge,
    print_transfer,
)
from contrefeu.paper.opening import (
    page_opens,
    pdf_pages,
)
from contrefeu.paper.pack import (
    Foot,
    Printed,
    WardPack,
    foot_of,
    ward_pack,
)
from contrefeu.paper.poster import (
    poster_pdf,
)
from contrefeu.paper.screen import (
    sealed_page,
)
from contrefeu.paper.setters import (
    Order,
    SetPack,
    Setters,
    set_pack,
)
from contrefeu.paper.setting import (
    Setting,
)
from contrefeu.paper.stamp import (
    locked,
    qr_svg,
)
from contrefeu.paper.standing import (
    WEEK_NS,
    Held,
    pack_password,
    print_standing,
)
from contrefeu.paper.transfer import (
    PREFIX as TRANSFER_PREFIX,
)
from contrefeu.paper.transfer import (
    Passport,
    Read,
    read_transfer,
    transfer_texts,
)
from contrefeu.paper.words import (
    lost_words,
)

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
    "Kit",
    "Lasts",
    "Listing",
    "MissingPages",
    "NotACode",
    "Order",
    "PageKey",
    "Passport",
    "Printed",
    "Read",
    "Sealed",
    "SetPack",
    "Setters",
    "Setting",
    "Specimen",
    "Stock",
    "Verdict",
    "WardPack",
    "Whose",
    "blank_foot",
    "blanks_for",
    "document_of",
    "foot_of",
    "issue_of_words",
    "issue_words",
    "issues_in",
    "judge",
    "lasts",
    "locked",
    "lost_words",
    "missing_in",
    "pack_password",
    "page_opens",
    "passport_of",
    "pdf_pages",
    "poster_pdf",
    "print_bands",
    "print_chart",
    "print_discharge",
    "print_form",
    "print_kit",
    "print_pack",
    "print_standing",
    "print_transfer",
    "qr_svg",
    "read_code",
    "read_transfer",
    "sealed_page",
    "set_pack",
    "specimen_svg",
    "transfer_texts",
    "ward_pack",
    "written_foot",
]
