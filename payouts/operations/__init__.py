"""Acts of money, one module per noun."""
