"""Events as tables for an auditor's own tools: one row an entry, as CSV (RFC 4180) or Parquet."""
