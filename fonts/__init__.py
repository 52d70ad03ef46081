"""Font data: embedded faces with their licences, the catalogue, and character lists."""
