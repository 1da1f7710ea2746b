"""Values and a template into a PDF, for the uses that print a sheet of their own: a plan, a declaration.

Rules kept here:
  * What a message, an inventory or a person said reaches a template as a value, never as markup: it can lay out nothing
    and read no file.
  * Fonts are those inside the typesetter, so that every node prints the same page.
"""

from contrefeu.typeset.document import cleaned, document

__all__ = ["cleaned", "document"]
