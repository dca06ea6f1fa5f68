"""Alarms as people hear of them: watched, and told as they come."""
