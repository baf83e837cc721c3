"""What is kept in Redis, and how it is reached; the only place that imports redis."""
