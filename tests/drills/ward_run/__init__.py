"""Four weeks of a hospital without its record system, compressed in time (D7): wards write, and read what they wrote.

    python -m tests.drills.ward_run --inpatients 600 --days 28    exit status 1 when something is not held

story.py lives through it, ward.py is who writes.
"""
