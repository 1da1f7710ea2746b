"""Contrefeu keeps a hospital caring for its patients while its IT is down, and rebuilds the records."""
