"""The roof: settings, the NATS adapter, the loops, the HTTP app and the command line."""
