"""Alarms handed on to programs of others, as the operator has named them (Standard Webhooks)."""
