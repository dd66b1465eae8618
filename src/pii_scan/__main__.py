"""`python -m pii_scan`."""

from pii_scan.cli.main import main

main()
