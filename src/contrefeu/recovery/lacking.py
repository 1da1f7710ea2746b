"""What no vault has, or no chart has read: told entry by entry, and never passed over.

Rules kept here:
  * Every journal's damage is told at once, in the order of the journals: nobody has to look for it one by one.
  * Of several findings the gravest gives the status: bytes that are not those that were written before bytes that are
    not there.
"""

from collections.abc import Callable, Sequence

from contrefeu.base import MissingError, OperatorError, StorageError, TamperError
from contrefeu.journal import Damage, JournalFiles, verify_journal
from contrefeu.proof import Verifier
from contrefeu.recovery.copies import Copied
from contrefeu.recovery.gather import Findings, JournalCopies


def refuse_nothing(journals: Sequence[JournalCopies], findings: Findings) -> None:
    """See that there is something to restore.

    Raises:
        StorageError: No vault answers.
        MissingError: None of them holds a copy.
    """
    if journals:
        return
    if findings.away:
        why = next(iter(findings.away.values()))  # which names the vault
        raise StorageError(f"No vault answers. {why}", safe="The vaults, as they were.", next="Bring one of them.")
    raise MissingError(
        "There is no copy in these vaults.",
        safe="The vaults, as they were.",
        next="contrefeu vault verify URL says what a vault holds.",
    )


def refuse_keyless(findings: Findings) -> None:
    """See that every copy can be checked: one that cannot is not an empty one.

    Raises:
        TamperError: In the place of a journal's public key lies something else, and no vault has the key.
        MissingError: No vault has it.
    """
    if not findings.keyless:
        return
    altered = any(one.altered for one in findings.keyless)
    lines = "\n".join(f"journals/{one.folder}/verifier in {one.vault}" for one in findings.keyless)
    error = TamperError if altered else MissingError
    raise error(
        f"A journal's public key is {'altered' if altered else 'missing'}, and no other vault has it:\n{lines}",
        safe="The vaults, as they were; nothing was made.",
        next="The same command with another vault: --from URL once more. The same file of any home or station "
        "that has the journal will do in its place: a false one opens nothing.",
    )


def refuse_mixed(journals: Sequence[JournalCopies]) -> None:
    """See that nobody's real patients come home with an exercise's (G2).

    Raises:
        OperatorError: The vaults hold journals of both kinds.
    """
    drills = sorted(one.journal for one in journals if one.journal.startswith("drill/"))
    if drills and len(drills) < len(journals):
        raise OperatorError(
            f"These vaults hold journals of an exercise ({drills[0]}, ...) beside real ones.",
            safe="The vaults, as they were; nothing was made.",
            next="Name the vault of one of them alone with --from; give an exercise a vault of its own.",
        )


def refuse_damage(
    journals: Sequence[JournalCopies],
    files_of: Callable[[JournalCopies], JournalFiles],
    custodians: Sequence[Verifier],
) -> None:
    """See that all is home that anybody signed for.

    Raises:
        TamperError: Some of it is in no vault as it was written; all that is lacking is told.
        MissingError: Some of it is in no vault.
    """
    told, altered = [], False
    for copies in journals:
        found = verify_journal(files_of(copies), held_elsewhere=copies.notes, custodians=custodians)
        if copies.is_foreign:
            found.damage.append(Damage(copies.journal, min(copies.holders), 0, 1, 0, "altered"))
        if found.intact:
            continue
        spoilt = {
            one.segment: one.vault
            for one in copies.findings.differences
            if one.journal == copies.journal and not one.good
        }
        altered = altered or bool(spoilt) or found.exit_status == TamperError.exit_status
        told += [_told(damage, spoilt) for damage in found.damage if damage.kind not in {"tail", "expired"}]
    if not told:
        return
    lines = "\n".join(told)
    what = f"{'Copies are damaged' if altered else 'Entries are missing'}, and no other vault has them whole:\n{lines}"
    error = TamperError if altered else MissingError
    raise error(
        what,
        safe="The vaults, as they were; what came home whole stays, and is not fetched again.",
        next="The same command with another vault: --from URL once more.",
    )


def _told(damage: Damage, spoilt: dict[int, str]) -> str:
    where = f", altered in {spoilt[damage.segment]}" if damage.segment in spoilt else ""
    return (
        f'"{damage.journal}": {damage.kind}, segment {damage.segment}, byte {damage.offset}, '
        f"entries {damage.first_entry} to {damage.last_entry}{where}"
    )


def refuse_what_was_not_read(copied: Sequence[Copied], positions: dict[str, int]) -> None:
    """See that the charts have read all that came home.

    Raises:
        StorageError: They have not.
    """
    for one in copied:
        read = positions.get(one.journal, 0)
        if read < one.entries:
            raise StorageError(
                f'The charts were read up to entry {read} of "{one.journal}", which has {one.entries}.',
                safe="The copies, and what was restored so far.",
                next="Run the same command again; with --debug it says what stopped it.",
            )
