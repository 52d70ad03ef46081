"""Loss terms: free functions over images, codes and logits."""
