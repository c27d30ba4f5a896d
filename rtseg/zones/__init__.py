"""What a label map means where it matters: classes in zones, and the free way ahead."""
