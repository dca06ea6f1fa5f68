"""What goes out: reports for people, EPCIS 2.0 (GS1) and FHIR R5 (HL7) for partners' systems.

The two standards are pure mappings over entries and therapies, out and in: no disk, no clock.
"""
