"""Pure decisions about label schemas and the text they travel in."""
