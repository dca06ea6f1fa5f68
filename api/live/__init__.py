"""Live readings: what loggers send while they measure."""
