"""Invented patients as bulk-FHIR R4, in any number, with the answers they must get.

Everything here is made up for testing. How often something occurs says nothing about any real population.

``lives`` tells what happens to a patient (``facts`` holds it), ``noise`` how badly it is written down, ``truth`` what
must and must not be found about each order, ``record`` writes it as FHIR, ``write`` makes the files. One seed gives the
same lines on every machine; each patient depends on the seed and their number alone.
"""
