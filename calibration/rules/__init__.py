"""Pure decisions about people and keys: plain numbers in, frozen values out."""
