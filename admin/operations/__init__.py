"""Acts of running the installation."""
