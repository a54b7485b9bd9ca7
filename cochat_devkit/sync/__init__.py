"""Pure decisions: what should happen to a resource, given what each side shows."""
