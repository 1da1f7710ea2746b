"""The benchmarks: figures as ratios, ours and a reference taking turns in one run."""
