"""The NATS adapter: everything that knows how JetStream and nats-py behave stands here."""
