"""A shop to which anything may happen: its rules by what they are about, and the books that say what must come of them."""
