"""Task types: how a unit is answered, checked, compared and aggregated, one module per type."""
