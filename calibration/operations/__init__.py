"""Acts of calibration, one module per noun."""
