"""`python -m maitred.gateway` is `maitred`."""

from maitred.gateway.cli import main

main()
