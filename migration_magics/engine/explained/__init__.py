"""What a revision's operations are, heard without a database, and the SQL of each on any dialect."""
