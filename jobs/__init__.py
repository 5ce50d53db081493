"""The stations of the line, one file each: submit, watch, ingest, check, clean."""
