"""What a laptop and the tests run instead of Docker: real Kafka, real PostgreSQL, and the world outside as sinks."""
