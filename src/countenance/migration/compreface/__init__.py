"""CompreFace's tables as a plain PostgreSQL dump has them. No database is asked."""
