"""What checking can find."""

from contrefeu.base import TamperError


class ProofMismatch(TamperError):
    """A proof, a signature or a root is not the one that was made."""

    kind = "proof-mismatch"
