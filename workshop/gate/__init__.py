"""The points of the gate, a module each: what `workshop verify` looks at. `workshop.verify` runs them."""
