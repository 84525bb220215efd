"""Files of calibration: tables of labels as people keep them."""
