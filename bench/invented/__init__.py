"""Invented patients and their charts, for benchmarks that need more of them than a simulated hospital has."""
