"""Receivers that Contrefeu's is measured against, and the one client that measures them all.

Each peer is a program of its own that prints `ready HOST PORT` and ends when its standard input does. What they need
is installed by install.sh, pinned; one that is not there is said to be "not installed".
"""
