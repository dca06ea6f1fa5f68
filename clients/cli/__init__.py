"""The program `unbroken`: what people use to sign, look up and verify."""
