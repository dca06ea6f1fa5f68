"""Alarms as people and programs hear of them: watched, told as they come, and handed on."""
