"""Reading a hospital's own catalogue: CSV, JSON, YAML or a FHIR Bundle, with every problem named."""

from knowledge.importing.reading import read_catalogue
from knowledge.importing.writing import write_catalogue

__all__ = ["read_catalogue", "write_catalogue"]
