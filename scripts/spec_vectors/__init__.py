"""What docs/spec/vectors/ is made of: a journal byte by byte, and what may happen to it, to notes and to proofs."""
