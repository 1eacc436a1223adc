"""Settings: their shapes, how they are read, and how their faults are told."""
