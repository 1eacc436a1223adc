"""Small local servers that answer as the providers do, and the providers' own signatures."""
