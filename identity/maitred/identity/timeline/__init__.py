"""The timeline: all that happened on a customer's journey, and whose journey it was."""
