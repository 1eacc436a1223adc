"""Benchmarks: each compares side by side in one run; `--quick` and `--json` everywhere."""
