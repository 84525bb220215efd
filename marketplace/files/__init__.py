"""Files of units and gold on their way in, without a database."""
