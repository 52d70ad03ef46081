"""What is scored and compared, and against what."""
