"""How the database came to have the tables that it has."""
