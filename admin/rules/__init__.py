"""Pure decisions about running the installation."""
