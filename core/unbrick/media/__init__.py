"""What the bytes of images and documents are, and images made smaller. Libraries that decode them load when asked."""
