"""Files in: other systems' exports, and anything else by a column mapping."""
