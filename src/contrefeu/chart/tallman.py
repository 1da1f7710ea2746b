"""Names of drugs that are mistaken for one another, with the letters that differ in capitals.

Letters are those of the FDA and ISMP lists of look-alike drug names (ISMP 2023), spelled as the international and the
French names are; a name that neither list has keeps its sender's letters.

Rules kept here:
  * Letters change their size and nothing else: what was sent is what is shown, folded alike.
  * Where two drugs are compared the sender's own letters are (`drug_said`): this is for people's eyes.
"""

import re
import unicodedata
from functools import lru_cache

# Each drug as it is shown, beside the ones that it is mistaken for.
_ALIKE = (
    ("acetaZOLAMIDE", "acetoHEXAMIDE"), ("ALPRAZolam", "LORazepam", "clonazePAM"), ("amLODIPine", "aMILoride"),
    ("azaCITIDine", "azaTHIOprine"), ("buPROPion", "busPIRone"), ("carBAMazepine", "OXcarbazepine"),
    ("CARBOplatin", "CARBOplatine", "CISplatin", "CISplatine"), ("ceFAZolin", "ceFAZoline", "cefTRIAXone"),
    ("chlordiazePOXIDE", "chlorproMAZINE", "chlorproPAMIDE"), ("clomiPHENE", "clomiFENE", "clomiPRAMINE"),
    ("cloNIDine", "cloZAPine"), ("cycloSERINE", "cycloSPORINE", "cicloSPORINE"),
    ("DACTINomycin", "DACTINomycine", "DAPTOmycin", "DAPTOmycine"),
    ("DAUNOrubicin", "DAUNOrubicine", "DOXOrubicin", "DOXOrubicine", "IDArubicin", "IDArubicine"),
    ("dimenhyDRINATE", "diphenhydrAMINE"), ("DOBUTamine", "DOPamine"), ("DOCEtaxel", "PACLitaxel"),
    ("DULoxetine", "FLUoxetine", "PARoxetine"), ("ePHEDrine", "EPINEPHrine"),
    ("fentaNYL", "SUFentanil", "ALFentanil", "REMIFentanil"), ("glipiZIDE", "glyBURIDE"),
    ("hydrALAZINE", "hydrOXYzine", "HYDROmorphone"), ("inFLIXimab", "riTUXimab"),
    ("lamiVUDine", "lamoTRIgine"), ("levETIRAcetam", "levoFLOXacin", "levoFLOXacine"),
    ("medroxyPROGESTERone", "methylPREDNISolone", "methylTESTOSTERone"), ("metFORMIN", "metFORMINE", "metroNIDAZOLE"),
    ("mitoMYcin", "mitoMYcine", "mitoXANTRONE"), ("niCARdipine", "NIFEdipine", "niMODipine"),
    ("OLANZapine", "QUEtiapine"), ("oxyCODONE", "oxyMORphone"), ("PENTobarbital", "PHENobarbital"),
    ("prednisoLONE", "predniSONE"), ("quiNIDine", "quiNINE"), ("risperiDONE", "rOPINIRole"),
    ("sAXagliptin", "sAXagliptine", "SITagliptin", "SITagliptine"), ("SORAfenib", "SUNItinib"),
    ("sulfADIAZINE", "sulfaSALAzine", "SUMAtriptan", "ZOLMitriptan"), ("tiaGABine", "tiZANidine"),
    ("traMADol", "traZODone"), ("valACYclovir", "valACIclovir", "valGANciclovir"),
    ("vinBLAStine", "vinCRIStine", "vinORELBine"),
)  # fmt: skip
_SHOWN = {name.casefold(): name for alike in _ALIKE for name in alike}
_WORD = re.compile(r"[^\W\d_]{5,}")
NAMES_MAX = 4_096  # spelled names that are remembered: a hospital's list is shorter


@lru_cache(maxsize=NAMES_MAX)
def tall_man(name: str) -> str:
    """Return the name of a drug with the letters in capitals that tell it from those it is mistaken for.

    >>> tall_man("Dobutamine 250 mg/20 mL inj."), tall_man("PRÉDNISOLONE 20 mg"), tall_man("Furosémide")
    ('DOBUTamine 250 mg/20 mL inj.', 'prédnisoLONE 20 mg', 'Furosémide')
    """
    return _WORD.sub(lambda found: _spelled(found[0]), name)


def _spelled(word: str) -> str:
    composed = unicodedata.normalize("NFC", word)
    plain = "".join(unicodedata.normalize("NFD", c)[0] for c in composed)
    shown = _SHOWN.get(plain.casefold())
    if shown is None or len(shown) != len(composed):
        return word
    return "".join(c.upper() if tall.isupper() else c.lower() for c, tall in zip(composed, shown, strict=True))
