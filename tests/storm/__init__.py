"""What must hold after any storm, and a small one inside one process. `benchmarks.storm` lets a great one loose."""
