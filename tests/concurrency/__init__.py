"""Many at once: real processes, threads and databases. `benchmarks` uses the buyers too."""
