"""The storm: hundreds of shots while everything that can break is broken, and the proof at its end."""
