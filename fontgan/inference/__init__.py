"""Drawing with a trained model: opened, asked, written to files."""
