"""The demo: a gateway for real, and a cast of customers and agents who use it."""
