"""Clinical decision support for baclofen and benzodiazepines: patients in, findings out.

No HTTP, no clock, no database, no network: today is part of the case. See README for the way of the data.
"""
