"""Mutation testing of the core: each mutant is the code with one small fault, and the tests must notice it."""
