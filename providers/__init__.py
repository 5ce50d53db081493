"""Video models behind one contract: pure Python and httpx, no Django, no rows, no sleeping."""
