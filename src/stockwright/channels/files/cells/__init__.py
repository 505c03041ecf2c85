"""Understanding cells: numbers, moments, yes and no, countries."""
