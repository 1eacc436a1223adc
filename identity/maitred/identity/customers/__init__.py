"""Customers: which identifiers are one, what each brought, and what evidence changes."""
