"""Tests of contrefeu.paper."""
