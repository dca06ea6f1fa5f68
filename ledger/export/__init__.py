"""What partners read in their own standard: EPCIS 2.0 (GS1) and FHIR R5 (HL7), out and in.

Pure mapping over entries and therapies: no disk, no clock, no network.
"""
