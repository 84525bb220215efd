"""Pure decisions about people: which names, passwords, roles, claims and changes of standing are taken."""
