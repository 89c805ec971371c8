"""Nothing: the functions stand in the router."""
