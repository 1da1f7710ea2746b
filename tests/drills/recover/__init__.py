"""The recovery, whole: a hospital loses its record system, writes on for days, and has everything back in it.

    day 0      feeds speak to the record system and to our node
    day 15     the backup that will be restored is taken
    day 20     attack: the record system and every feed are gone; wards write on our screens and on paper
    day 26     the record system stands again, as it was on day 15; feeds go on
               gap, replay over MLLP to a target that rejects, is silent, late and restarts; release; gap; account
    day 28     its charts, folded from the messages it holds, are compared with the truth, line by line

The truth of feeds is the simulated hospital's own ledger; that of the wards is what each act meant, noted as it was
typed. Acts go through the forms of the ward app: the same fields, the same checks, the same entry.

    python -m tests.drills.recover --patients 500 --seed 1         exit status 1 when anything is not as it must be
"""
