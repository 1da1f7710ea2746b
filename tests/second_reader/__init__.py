"""A reader of the journal written from docs/spec/journal-v1.md alone; it shares no code with the package."""
