"""Accounts: invitations, tokens, quota."""
