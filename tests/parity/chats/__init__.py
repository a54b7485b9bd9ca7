"""Scenarios of chats, each asked of real servers and of ours."""
