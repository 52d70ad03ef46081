"""Models that come with fontgan, so that it draws and writes before anybody has trained."""
