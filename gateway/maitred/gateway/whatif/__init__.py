"""What if: recorded decisions replayed to the last bit, and other policies beside the real one."""
