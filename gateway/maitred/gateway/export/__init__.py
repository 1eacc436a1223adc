"""Export: all that is known of a customer, in one archive."""
